package reports_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"assay/reports"
)

// attacks are what a hostile target may answer.
var attacks = map[string]string{
	"control characters":   "\x1b[2J\x1b]0;owned\x07\r\n\x00\x08\x7f\u009b31m",
	"bytes":                "\xff\xfe\x80 \xc3(",
	"turned text":          "\u202eevil\u2066\u200b\ufeff",
	"markup":               `</pre></details><script>alert(1)</script><img src=x onerror=alert(1)>]]><!-- -->&amp;`,
	"Markdown":             "```\n# heading\n[link](http://example.com) ![i](http://example.com/i.png) | a | @everyone <b> ``",
	"workflow commands":    "\n::error::owned\r\n::set-output name=a::b%0A",
	"quotes and shell":     "'; rm -rf / #\"$(id)`id`!!",
	"a long line":          strings.Repeat("x", 9_000),
	"many lines":           strings.Repeat("y\n", 1_500),
	"deep JSON":            strings.Repeat(`[`, 4_000) + strings.Repeat(`]`, 4_000),
	"JSON of odd keys":     `{"":1,"\u0000":2,"a/b~c":{"__proto__":3},"impact":11}`,
	"placeholder look":     "\ue000RUN\ue001 \ue000JWT@part9\ue001 \ue000\ue001",
	"words of other tools": "FAIL --- ok <failure> TODO",
}

func TestNoWriterLetsAHostileTargetSpeak(t *testing.T) {
	for name, attack := range attacks {
		for format, write := range reports.Formats {
			report := written(t, write, hostileRun(attack), reports.Options{Verbose: true, Saved: "run.json"})
			if err := sane(format, report); err != nil {
				t.Errorf("%s with %s: %v", format, name, err)
			}
		}
	}
}

// sane says what a report of this format must not be, whatever it tells of.
func sane(format string, report []byte) error {
	if !utf8.Valid(report) {
		return errors.New("it is no UTF-8")
	}
	switch format {
	case "json", "har", "ctrf":
		if !json.Valid(report) {
			return errors.New("it is no JSON")
		}
		return nil // control characters stand in escapes
	case "junit":
		decoder := xml.NewDecoder(bytes.NewReader(report))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return err
			}
		}
	case "github":
		lines := strings.Split(strings.TrimSuffix(string(report), "\n"), "\n")
		if len(lines) > 10 {
			return errors.New("there are more than ten annotations")
		}
		for _, line := range lines {
			if !annotation.MatchString(line) || strings.Contains(line[2:], "::error::owned\n") {
				return errors.New("a line is no annotation of ours: " + line)
			}
		}
	case "markdown":
		if len(report) >= 1_000_000 {
			return errors.New("it is over a megabyte")
		}
	}
	for _, r := range string(report) {
		if r != '\n' && !unicode.IsPrint(r) {
			return errors.New("it holds the character " + strings.ToUpper(string("0123456789abcdef"[r>>4&15])) + "…")
		}
	}
	return nil
}

var annotation = regexp.MustCompile(`^::(error|warning) (file=[^,:]+,line=\d+,)?title=[^:,]*::.`)

func TestSecretsStandInNoReportUnlessTheyAreToBeRevealed(t *testing.T) {
	secrets := []string{
		jwt("ada"), strings.Split(jwt("ada"), ".")[2], refreshToken("ada"), password("ada"), password("grace"), jwt("ada again"),
	}
	for format, write := range reports.Formats {
		for _, f := range fixtures {
			for _, verbose := range []bool{false, true} {
				report := string(written(t, write, f.run(), reports.Options{Verbose: verbose}))
				for _, secret := range secrets {
					if strings.Contains(report, secret) {
						t.Errorf("%s of %s holds the secret %.20s…", format, f.name, secret)
					}
				}
			}
		}
	}
	for _, format := range []string{"json", "har", "html"} {
		report := string(written(t, reports.Formats[format], brokenRun(), reports.Options{Reveal: true}))
		for _, secret := range secrets {
			if !strings.Contains(report, secret) {
				t.Errorf("%s does not reveal %.20s…", format, secret)
			}
		}
	}
}

func TestTwoReportsOfARunAreTheSameByteForByte(t *testing.T) {
	for format, write := range reports.Formats {
		for _, f := range fixtures {
			first := written(t, write, f.run(), reports.Options{})
			for range 5 {
				if !bytes.Equal(first, written(t, write, f.run(), reports.Options{})) {
					t.Fatalf("%s of %s differs from one time to the next", format, f.name)
				}
			}
		}
	}
}

func TestAWriterPassesTheErrorOfItsOutputOn(t *testing.T) {
	for format, write := range reports.Formats {
		if err := write(full{}, brokenRun(), reports.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAnEmptyRunIsReportedToo(t *testing.T) {
	for format, write := range reports.Formats {
		report := written(t, write, &reports.Run{}, reports.Options{})
		if err := sane(format, report); err != nil && len(report) > 0 {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestJUnitFitsTheSchemaAndCountsRight(t *testing.T) {
	_, err := exec.LookPath("xmllint")
	lint := err == nil
	for _, f := range fixtures {
		run := f.run()
		report := written(t, reports.JUnit, run, reports.Options{})
		var read struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Suites   []struct {
				Tests, Failures, Errors, Skipped int
				Cases                            []struct {
					Name      string     `xml:"name,attr"`
					ClassName string     `xml:"classname,attr"`
					File      string     `xml:"file,attr"`
					Time      string     `xml:"time,attr"`
					Failure   []struct{} `xml:"failure"`
					Skipped   []struct{} `xml:"skipped"`
					Error     []struct{} `xml:"error"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal(report, &read); err != nil {
			t.Fatal(err)
		}
		cases, failed, skipped, erred := 0, 0, 0, 0
		for _, suite := range read.Suites {
			for _, c := range suite.Cases {
				cases++
				failed += len(c.Failure)
				skipped += len(c.Skipped)
				erred += len(c.Error)
				if c.Name == "" || c.ClassName == "" || c.Time == "" || c.File == "" && len(c.Error) == 0 {
					t.Errorf("%s: a test case lacks an attribute: %+v", f.name, c)
				}
			}
		}
		want := map[string][4]int{"kept": {2, 0, 0, 0}, "broken": {9, 5, 1, 0}, "unreachable": {5, 0, 2, 1}}[f.name]
		if got := [4]int{cases, failed, skipped, erred}; got != want {
			t.Errorf("%s: cases, failed, skipped and errors are %v, not %v", f.name, got, want)
		}
		if read.Tests != cases || read.Failures != failed || read.Errors != erred || (erred == 1) != (run.Unreachable != "") {
			t.Errorf("%s: its own counts are wrong: %+v", f.name, read)
		}
		if lint {
			file := t.TempDir() + "/junit.xml"
			if err := os.WriteFile(file, report, 0o644); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("xmllint", "--noout", "--nonet", "--schema", "testdata/junit.xsd", file).CombinedOutput(); err != nil {
				t.Errorf("%s: %s", f.name, out)
			}
		}
	}
}

func TestUnderStrictAdviceFailsInEveryReport(t *testing.T) {
	run := brokenRun()
	run.Strict = true
	if report := string(written(t, reports.JUnit, run, reports.Options{})); !strings.Contains(report, `failures="7"`) {
		t.Error("JUnit does not count advice as failures")
	}
	if report := string(written(t, reports.GitHub, run, reports.Options{})); strings.Contains(report, "::warning") {
		t.Error("an annotation is still a warning")
	}
	if report := string(written(t, reports.CTRF, run, reports.Options{})); !strings.Contains(report, `"failed": 7`) {
		t.Error("CTRF does not count advice as failures")
	}
}

func TestAMarkdownReportOfAThousandFindingsSaysWhatItLeavesOut(t *testing.T) {
	run := brokenRun()
	for len(run.Findings) < 1000 {
		f := *run.Findings[len(run.Findings)%7]
		run.Findings = append(run.Findings, &f)
	}
	report := string(written(t, reports.Markdown, run, reports.Options{}))
	if len(report) >= 1_000_000 || !strings.Contains(report, "findings more did not fit here") || !strings.Contains(report, "## Blocked") {
		t.Errorf("it is %d bytes long; it must fit, say what is missing, and still name what is blocked", len(report))
	}
	if lines := strings.Count(string(written(t, reports.GitHub, run, reports.Options{})), "\n"); lines != 10 {
		t.Errorf("there are %d annotations, not ten", lines)
	}
}

func FuzzNoWriterFails(f *testing.F) {
	for _, attack := range attacks {
		if len(attack) < 1000 {
			f.Add(attack)
		}
	}
	f.Fuzz(func(t *testing.T, attack string) {
		if len(attack) > 4096 {
			return
		}
		run := hostileRun(attack)
		for _, finding := range run.Findings {
			finding.Pointer = attack
		}
		for format, write := range reports.Formats {
			if err := sane(format, written(t, write, run, reports.Options{Verbose: true, Width: 40, Saved: attack})); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
	})
}

func TestAFindingSeenAgainOnTheWayFailsOnlyWhereItIsAtHome(t *testing.T) {
	junit := string(written(t, reports.JUnit, brokenRun(), reports.Options{}))
	_, after, _ := strings.Cut(junit, `<testcase name="Creating an idea: an idea is created by who has logged in"`)
	again, _, _ := strings.Cut(after, "</testcase>")
	if strings.Contains(again, "<failure") || !strings.Contains(again, "seen again on the way") || !strings.Contains(again, "logIn.201.refresh_token") {
		t.Errorf("the test case is\n%s", again)
	}
	run := brokenRun() // without the scenario that owns it, nothing may be lost
	run.Scenarios = run.Scenarios[len(run.Scenarios)-1:]
	if junit := string(written(t, reports.JUnit, run, reports.Options{})); !strings.Contains(junit, `failures="1"`) {
		t.Errorf("a finding that no scenario owns is lost\n%s", junit)
	}
}
