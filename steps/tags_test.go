package steps

import "testing"

func TestTagExpressions(t *testing.T) {
	for expression, test := range map[string]struct {
		tags  []string
		holds bool
	}{
		"":                             {nil, true},
		"@slow":                        {[]string{"slow"}, true},
		"slow":                         {[]string{"slow"}, true},
		"not @slow":                    {[]string{"slow"}, false},
		"not not @slow":                {[]string{"slow"}, true},
		"@a and @b":                    {[]string{"a"}, false},
		"@a or @b":                     {[]string{"b"}, true},
		"@a and not (@b or @c)":        {[]string{"a", "c"}, false},
		"@a AND NOT (@b OR @c)":        {[]string{"a"}, true},
		"@a or @b and @c":              {[]string{"a"}, true},
		"(@a or @b) and @c":            {[]string{"a"}, false},
		"@listIdeas.200[].id.required": {[]string{"listIdeas.200[].id.required"}, true},
	} {
		t.Run(expression, func(t *testing.T) {
			e, err := parseTags(expression)
			if err != nil {
				t.Fatal(err)
			}
			has := func(name string) bool {
				for _, tag := range test.tags {
					if tag == name {
						return true
					}
				}
				return false
			}
			if e(has) != test.holds {
				t.Errorf("holds is %t for the tags %v", !test.holds, test.tags)
			}
		})
	}
}

func TestFaultyTagExpressionsSayWhy(t *testing.T) {
	for expression, want := range map[string]string{
		"@a and":     `the tag expression "@a and": a tag is missing`,
		"and @a":     `the tag expression "and @a": a tag is missing`,
		"@a @b":      `the tag expression "@a @b": "@b" stands where and, or, or the end is due`,
		"(@a or @b":  `the tag expression "(@a or @b": a parenthesis is not closed`,
		"@a or (":    `the tag expression "@a or (": a tag is missing`,
		"@a) and @b": `the tag expression "@a) and @b": ")" stands where and, or, or the end is due`,
	} {
		_, err := parseTags(expression)
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", expression, err, want)
		}
	}
}
