package wire

import (
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// maxFormPairs bounds the parameters of a query request.
const maxFormPairs = 20_000

// formNode is one level of a query request's dotted parameter names: Tags.member.1.Key is four levels deep.
type formNode struct {
	value    string
	set      bool // the parameter itself was given, not only deeper ones
	children map[string]*formNode
}

// parseForm reads x-www-form-urlencoded text into a tree. Of repeated parameters the last counts.
func parseForm(root *formNode, text string) error {
	pairs := 0
	for text != "" {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		if pair == "" {
			continue
		}
		if pairs++; pairs > maxFormPairs {
			return malformedForm(fmt.Sprintf("more than %d parameters", maxFormPairs))
		}
		rawKey, rawValue, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(rawKey)
		if err != nil {
			return malformedForm("a bad escape in a parameter's name")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return malformedForm("a bad escape in the parameter " + strconv.Quote(key))
		}
		if err := root.put(key, strings.ToValidUTF8(value, "\uFFFD")); err != nil {
			return err
		}
	}
	return nil
}

func (n *formNode) put(key, value string) error {
	for depth := 0; ; depth++ {
		if depth > maxDepth {
			return malformedForm(fmt.Sprintf("nested deeper than %d levels", maxDepth))
		}
		name, rest, deeper := strings.Cut(key, ".")
		child := n.children[name]
		if child == nil {
			child = &formNode{}
			if n.children == nil {
				n.children = map[string]*formNode{}
			}
			n.children[name] = child
		}
		if !deeper {
			child.value, child.set = value, true
			return nil
		}
		n, key = child, rest
	}
}

// child is a deeper level, an empty one if it was not given.
func (n *formNode) child(name string) *formNode {
	if c := n.children[name]; c != nil {
		return c
	}
	return &formNode{}
}

// numbered lists the children 1, 2, 3 ... in order; gaps close up, as at AWS.
func (n *formNode) numbered() ([]*formNode, error) {
	type item struct {
		at   int
		node *formNode
	}
	items := make([]item, 0, len(n.children))
	for name, node := range n.children {
		at, err := strconv.Atoi(name)
		if err != nil || at < 0 {
			return nil, malformedForm("a list index is a number, not " + strconv.Quote(name))
		}
		items = append(items, item{at, node})
	}
	sort.Slice(items, func(i, j int) bool { return items[i].at < items[j].at })
	nodes := make([]*formNode, len(items))
	for i := range items {
		nodes[i] = items[i].node
	}
	return nodes, nil
}

// malformedForm is the error of a query request that cannot be read.
func malformedForm(message string) error {
	return &Error{Code: "MalformedInput", Message: message}
}
