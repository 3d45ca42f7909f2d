package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

// maxContract is the largest contract file that is read, in bytes.
const maxContract = 16 << 20

// Load reads and proves the contract in the file at name, and the files it
// refers to. What is wrong with it comes back as [Faults].
func Load(name string) (*Contract, error) {
	return load(name, func(p string) ([]byte, error) { return readLimited(os.DirFS(filepath.Dir(p)), filepath.Base(p)) })
}

// LoadFS is Load from a file system, such as an embedded one.
func LoadFS(fsys fs.FS, name string) (*Contract, error) {
	return load(name, func(p string) ([]byte, error) { return readLimited(fsys, path.Clean(p)) })
}

// Parse proves the contract in data; file is its name in messages, and what
// relative references start from.
func Parse(file string, data []byte) (*Contract, error) {
	return load(file, func(p string) ([]byte, error) {
		if p == file {
			return data, nil
		}
		return readLimited(os.DirFS(filepath.Dir(p)), filepath.Base(p))
	})
}

func readLimited(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a device or a pipe may never end
		return nil, fmt.Errorf("%s is not a file", name)
	}
	if info.Size() > maxContract {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxContract>>20)
	}
	return fs.ReadFile(fsys, name)
}

// A loading is one Load under way.
type loading struct {
	file   string
	read   func(string) ([]byte, error)
	trees  map[string]*yaml.Node // by file: the parsed text, for order and lines
	faults Faults
	model  *openapi3.T
	out    *Contract

	compiled map[*openapi3.Schema]*Schema
	tokens   []*JWT

	rootSources sources
}

func load(file string, read func(string) ([]byte, error)) (*Contract, error) {
	l := &loading{file: file, read: read, trees: map[string]*yaml.Node{}, compiled: map[*openapi3.Schema]*Schema{}}
	data, err := read(file)
	if err != nil {
		return nil, Faults{{File: file, Problem: "cannot be read: " + plainError(err), Hint: "name an OpenAPI 3.0 file, or a contract that Assay carries"}}
	}
	root := l.parseTree(file, data)
	if root == nil || len(l.faults) > 0 {
		return nil, l.faults.sorted()
	}
	if !l.openModel(data) {
		return nil, l.faults.sorted()
	}
	l.compile(root)
	l.prove(root)
	if len(l.faults) > 0 {
		return nil, l.faults.sorted()
	}
	return l.out, nil
}

// parseTree keeps the text's own tree, which knows order and lines.
func (l *loading) parseTree(file string, data []byte) *yaml.Node {
	if tree, ok := l.trees[file]; ok {
		return tree
	}
	if bytes.IndexByte(data, 0) >= 0 || len(bytes.TrimSpace(data)) == 0 {
		l.fault(0, "is empty or not text", "a contract is YAML or JSON text")
		return nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		l.faults = append(l.faults, Fault{File: file, Line: yamlErrorLine(err), Problem: "is not valid YAML: " + yamlErrorText(err)})
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		l.faults = append(l.faults, Fault{File: file, Line: 1, Problem: "is not an OpenAPI document", Hint: "the text must be a mapping that starts with openapi: 3.0.3"})
		return nil
	}
	if err := boundedTree(doc.Content[0]); err != nil {
		l.faults = append(l.faults, Fault{File: file, Line: 1, Problem: err.Error()})
		return nil
	}
	l.duplicateKeys(file, doc.Content[0])
	l.trees[file] = doc.Content[0]
	return doc.Content[0]
}

// openModel lets the OpenAPI library load and validate the document. A sound
// one is read as JSON and without the place of every keyword, in half the time;
// places are sought when there is a fault to report.
func (l *loading) openModel(data []byte) (ok bool) {
	if l.openSound() {
		return true
	}
	l.model = nil
	defer func() { // the library panics on some hostile documents
		if r := recover(); r != nil {
			l.fault(0, fmt.Sprintf("cannot be understood: %v", r), "check the document with an OpenAPI editor")
			ok = false
		}
	}()
	loader := l.loader(func(_ string, data []byte) []byte { return data })
	loader.IncludeOrigin = true
	model, err := loader.LoadFromDataWithPath(data, &url.URL{Path: filepath.ToSlash(l.file)})
	if err != nil {
		if len(l.faults) == 0 { // else a reference said it already
			l.faults = append(l.faults, modelFaults(l.file, err)...)
		}
		return false
	}
	l.model = model
	if !strings.HasPrefix(model.OpenAPI, "3.0") {
		l.fault(lineOf(member(l.trees[l.file], "openapi")), fmt.Sprintf("openapi is %q", model.OpenAPI), "write the contract as openapi: 3.0.3")
		return false
	}
	if err := validate(model); err != nil {
		l.faults = append(l.faults, modelFaults(l.file, err)...)
	}
	return model.Paths != nil
}

func validate(model *openapi3.T) error {
	return model.Validate(context.Background(), openapi3.EnableMultiError(), openapi3.EnableExamplesValidation(), openapi3.AllowExtensionsWithRef())
}

// loader reads the files that the contract refers to, beside it and nowhere
// else; prepare turns a file's text into what the library is given.
func (l *loading) loader(prepare func(file string, data []byte) []byte) *openapi3.Loader {
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, uri *url.URL) ([]byte, error) {
		if uri.Scheme != "" && uri.Scheme != "file" || uri.Host != "" {
			l.badReference(uri.String(), "is not a file", "a reference may name files beside the contract only")
			return nil, fs.ErrPermission
		}
		data, err := l.read(uri.Path)
		if err != nil {
			l.badReference(uri.Path, "cannot be read: "+plainError(err), "references are relative to the file that they stand in")
			return nil, err
		}
		l.parseTree(uri.Path, data)
		return prepare(uri.Path, data), nil
	}
	return loader
}

// openSound opens the document when it has no fault. Otherwise it leaves no
// trace and returns false.
func (l *loading) openSound() (ok bool) {
	faults := len(l.faults)
	defer func() {
		if recover() != nil { // the library panics on some hostile documents
			ok = false
		}
		if !ok {
			l.model, l.faults = nil, l.faults[:faults]
		}
	}()
	merged := false
	asJSON := func(file string, data []byte) []byte {
		tree := l.trees[file]
		if tree == nil || mergesKeys(tree) {
			merged = true // left to the library
			return data
		}
		return rawYAML(tree, nil)
	}
	data := asJSON(l.file, nil)
	if merged {
		return false
	}
	model, err := l.loader(asJSON).LoadFromDataWithPath(data, &url.URL{Path: filepath.ToSlash(l.file)})
	if err != nil || len(l.faults) > faults || !strings.HasPrefix(model.OpenAPI, "3.0") || model.Paths == nil || validate(model) != nil {
		return false
	}
	l.model = model
	return true
}

// mergesKeys reports whether a text takes over another mapping's keys with <<.
func mergesKeys(n *yaml.Node) bool {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.ShortTag() == "!!merge" {
			return true
		}
		if child.Kind != yaml.AliasNode && mergesKeys(child) {
			return true
		}
	}
	return false
}

// compile turns the library's model into ours.
func (l *loading) compile(root *yaml.Node) {
	c := &Contract{File: l.file, operations: map[string]*Operation{}, rules: map[string]*Rule{}, schemas: map[string]*Schema{}}
	l.out = c
	if info := l.model.Info; info != nil {
		c.Title, c.Version = info.Title, info.Version
		c.Name, _ = info.Extensions["x-name"].(string)
	}
	if c.Name == "" {
		c.Name = strings.TrimSuffix(filepath.Base(l.file), filepath.Ext(l.file))
	}
	for name := range l.trees {
		c.Files = append(c.Files, name)
	}
	sort.Strings(c.Files)
	for _, s := range l.model.Servers {
		c.Servers = append(c.Servers, s.URL)
	}
	c.Sources = l.sourceDocuments(root)
	l.compileComponents(root)
	l.compileOperations(root)
	l.resolveClaims() // of the tokens written into an operation too
	l.deriveRules(root)
}

func (l *loading) fault(line int, problem, hint string) {
	l.faults = append(l.faults, Fault{File: l.file, Line: line, Problem: problem, Hint: hint})
}

func plainError(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}
