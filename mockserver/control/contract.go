package control

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A bundle puts a contract and the files that it refers to into one document,
// so that a reader in a browser finds everything: each other file stands under
// x-files, and references point there.
type bundle struct {
	main  string
	read  func(file string) ([]byte, error)
	files ordered
	found map[string]bool
}

// mostFiles bounds what one contract may refer to.
const mostFiles = 1000

// bundled returns the contract in a file as a value for JSON, with this one
// server in the place of those that it names.
func bundled(file string, read func(string) ([]byte, error), server string) (any, error) {
	b := &bundle{main: file, read: read, found: map[string]bool{file: true}}
	root, err := b.load(file)
	if err != nil {
		return nil, err
	}
	root = root.with("servers", []any{ordered{{"url", server}}})
	if len(b.files) > 0 {
		root = root.with("x-files", b.files)
	}
	return root, nil
}

func (b *bundle) load(file string) (ordered, error) {
	text, err := b.read(file)
	if err != nil {
		return nil, err
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", file, err)
	}
	if root.Kind != yaml.DocumentNode || len(root.Content) != 1 {
		return nil, fmt.Errorf("%s is empty", file)
	}
	value, err := plain(root.Content[0], 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	object, ok := value.(ordered)
	if !ok {
		return nil, fmt.Errorf("%s is no mapping", file)
	}
	return object, b.follow(object, file)
}

// follow lets every reference below a value point into the bundle.
func (b *bundle) follow(value any, file string) error {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if err := b.follow(item, file); err != nil {
				return err
			}
		}
	case ordered:
		for i, p := range v {
			ref, text := p.value.(string)
			if p.name != "$ref" || !text {
				if err := b.follow(p.value, file); err != nil {
					return err
				}
				continue
			}
			moved, err := b.move(ref, file)
			if err != nil {
				return err
			}
			v[i].value = moved
		}
	}
	return nil
}

// move turns a reference that stands in a file into one within the bundle.
func (b *bundle) move(ref, file string) (string, error) {
	name, pointer, _ := strings.Cut(ref, "#")
	at := file
	if name != "" {
		plain, err := url.PathUnescape(name)
		if err != nil {
			return "", fmt.Errorf("%s: $ref %q: %w", file, ref, err)
		}
		at = path.Join(path.Dir(file), plain)
		if path.IsAbs(plain) {
			at = plain
		}
	}
	if at == b.main {
		return "#" + pointer, nil
	}
	if !b.found[at] {
		if len(b.found) >= mostFiles {
			return "", fmt.Errorf("the contract refers to more than %d files", mostFiles)
		}
		b.found[at] = true
		other, err := b.load(at)
		if err != nil {
			return "", err
		}
		b.files = append(b.files, pair{at, other})
	}
	return "#/x-files/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(at) + pointer, nil
}
