package reports_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// WCAG 2.2, success criterion 1.4.3: text and its background differ by 4.5 to 1.
func TestTheColoursOfThePageCanBeReadInEveryScheme(t *testing.T) {
	style, err := os.ReadFile("page/style.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(style), -1)
	if len(blocks) != 3 {
		t.Fatalf("the style has %d schemes, not light, dark and paper", len(blocks))
	}
	for i, name := range []string{"light", "dark", "paper"} {
		colours := map[string]string{}
		for _, found := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{3,6});`).FindAllStringSubmatch(blocks[i][1], -1) {
			colours[found[1]] = found[2]
		}
		for _, pair := range []string{
			"ink paper", "ink sheet", "ink wash", "soft paper", "soft sheet", "soft wash", "gold paper", "sheet broken", "paper ink",
			"kept paper", "broken paper", "crashed paper", "advised paper", "blocked paper", "unjudged paper",
			"kept kept-wash", "broken broken-wash", "crashed crashed-wash", "advised advised-wash", "blocked blocked-wash", "unjudged unjudged-wash",
			"ink kept-wash", "ink broken-wash", "ink advised-wash", "broken wash", "advised wash",
			"key wash", "text wash", "number wash", "word wash",
		} {
			text, ground, _ := strings.Cut(pair, " ")
			if ratio := contrast(t, colours[text], colours[ground]); ratio < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f", name, text, ground, ratio)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(colour, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	value, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		t.Fatalf("%q is no colour", colour)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(value>>(16-8*i)&255) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
