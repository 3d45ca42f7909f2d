package reports

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"assay/contract"
)

// HAR writes the requests of the run as an HTTP Archive 1.2, which browsers'
// tools open: a page is a scenario. A request that got no answer has status 0.
func HAR(w io.Writer, run *Run, options Options) error {
	v := view(run, options)
	archive := harLog{Version: "1.2", Pages: []harPage{}, Entries: []harEntry{}}
	archive.Creator.Name, archive.Creator.Version = nonEmpty(v.Tool.Name, "assay"), nonEmpty(v.Tool.Version, "0")
	archive.Comment = visible(v.Target + " against " + title(v.Contract))
	for _, s := range v.Scenarios {
		if len(s.Exchanges) == 0 {
			continue
		}
		page := harPage{ID: s.ID, Title: visible(strings.TrimSpace(s.Feature + ": " + s.Name)), Started: harTime(s.Exchanges[0].Started)}
		page.Timings.Load = milliseconds(s.Duration)
		archive.Pages = append(archive.Pages, page)
		for _, e := range s.Exchanges {
			archive.Entries = append(archive.Entries, harOf(e, s.ID))
		}
	}
	sort.SliceStable(archive.Entries, func(i, j int) bool { return archive.Entries[i].at.Before(archive.Entries[j].at) })
	return encode(w, map[string]harLog{"log": archive})
}

type harLog struct {
	Version string `json:"version"`
	Creator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"creator"`
	Pages   []harPage  `json:"pages"`
	Entries []harEntry `json:"entries"`
	Comment string     `json:"comment,omitempty"`
}

type harPage struct {
	Started string `json:"startedDateTime"`
	ID      string `json:"id"`
	Title   string `json:"title"`
	Timings struct {
		Load float64 `json:"onLoad"`
	} `json:"pageTimings"`
}

type harEntry struct {
	at time.Time

	Page     string      `json:"pageref"`
	Started  string      `json:"startedDateTime"`
	Time     float64     `json:"time"`
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Cache    struct{}    `json:"cache"`
	Timings  struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	} `json:"timings"`
	Comment string `json:"comment,omitempty"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harRequest struct {
	Method      string       `json:"method"`
	URL         string       `json:"url"`
	Proto       string       `json:"httpVersion"`
	Cookies     []harPair    `json:"cookies"`
	Headers     []harPair    `json:"headers"`
	Query       []harPair    `json:"queryString"`
	PostData    *harPostData `json:"postData,omitempty"`
	HeadersSize int          `json:"headersSize"`
	BodySize    int          `json:"bodySize"`
}

type harPostData struct {
	Type   string    `json:"mimeType"`
	Params []harPair `json:"params"`
	Text   string    `json:"text"`
}

type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	Proto       string     `json:"httpVersion"`
	Cookies     []harPair  `json:"cookies"`
	Headers     []harPair  `json:"headers"`
	Content     harContent `json:"content"`
	RedirectURL string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int        `json:"bodySize"`
	Error       string     `json:"_error,omitempty"` // where Chrome looks for why no answer came
}

type harContent struct {
	Size     int    `json:"size"`
	Type     string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Encoding string `json:"encoding,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

func harOf(e *contract.Exchange, page string) harEntry {
	proto := "HTTP/1.1"
	if e.Response != nil && e.Response.Proto != "" {
		proto = e.Response.Proto
	}
	entry := harEntry{
		at: e.Started, Page: page, Started: harTime(e.Started), Time: milliseconds(e.Duration),
		Request: harAsked(&e.Request, proto), Response: harAnswered(e, proto),
		Comment: strings.TrimSpace(e.Operation + " " + e.Who),
	}
	entry.Timings.Wait = entry.Time // sending and receiving are not timed apart
	return entry
}

func harAsked(r *contract.Request, proto string) harRequest {
	out := harRequest{
		Method: r.Method, URL: r.URL, Proto: proto, Cookies: []harPair{}, Headers: pairs(r.Header),
		Query: queryPairs(r.URL), HeadersSize: -1, BodySize: len(r.Body),
	}
	if r.Body != "" {
		out.PostData = &harPostData{Type: r.Header.Get("Content-Type"), Params: []harPair{}, Text: strings.ToValidUTF8(r.Body, "\ufffd")}
	}
	return out
}

func harAnswered(e *contract.Exchange, proto string) harResponse {
	out := harResponse{Proto: proto, Cookies: []harPair{}, Headers: []harPair{}, HeadersSize: -1, BodySize: -1}
	r := e.Response
	if r == nil {
		out.Error = nonEmpty(visible(e.Failure), "no answer")
		return out
	}
	out.Status, out.StatusText = r.Status, http.StatusText(r.Status)
	out.Headers, out.RedirectURL, out.BodySize = pairs(r.Header), r.Header.Get("Location"), len(r.Body)
	out.Content = harContent{Size: len(r.Body), Type: nonEmpty(r.Header.Get("Content-Type"), "x-unknown"), Text: r.Body}
	if !utf8.ValidString(r.Body) {
		out.Content.Text, out.Content.Encoding = base64.StdEncoding.EncodeToString([]byte(r.Body)), "base64"
	}
	if r.Truncated {
		out.Content.Comment = "the body went on"
	}
	return out
}

func pairs(header http.Header) []harPair {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	sort.Strings(names)
	out := []harPair{}
	for _, name := range names {
		for _, value := range header[name] {
			out = append(out, harPair{name, value})
		}
	}
	return out
}

// queryPairs keeps the order of the address, which url.Values would lose.
func queryPairs(address string) []harPair {
	out := []harPair{}
	_, query, _ := strings.Cut(address, "?")
	query, _, _ = strings.Cut(query, "#")
	for _, pair := range strings.Split(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		out = append(out, harPair{unescaped(name), unescaped(value)})
	}
	return out
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func harTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
