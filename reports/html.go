package reports

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
)

// The page is one file: its style and its script are written into it, and a
// policy in its head lets nothing else run or load, whatever a target answered.
var (
	//go:embed page/page.html
	pageText string
	//go:embed page/style.css
	pageStyle string
	//go:embed page/script.js
	pageScript string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// HTML writes the run as one page without any outside address.
func HTML(w io.Writer, run *Run, options Options) error {
	p := newPage(view(run, options), options)
	p.Style, p.Script = template.CSS(pageStyle), template.JS(pageScript)
	p.Policy = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src " +
		hashSource(pageStyle) + "; script-src " + hashSource(pageScript)
	var b bytes.Buffer // a page is written whole or not at all
	if err := pageTemplate.Execute(&b, p); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// hashSource is how a content security policy names an inline element.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
