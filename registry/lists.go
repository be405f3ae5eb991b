package registry

import (
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
)

// MaxPage is the most entries of a list in one answer; the next page is in its
// Link header.
const MaxPage = 1000

// page reads the parameters of a list.
func (c call) page() (n int, last string, f *Failure) {
	query := c.r.URL.Query()
	n = MaxPage
	if text := query.Get("n"); text != "" {
		asked, err := strconv.Atoi(text)
		if err != nil || asked < 0 {
			return 0, "", failure(CodeUnsupported, "invalid number of results: n=%.32q", text).withStatus(http.StatusBadRequest)
		}
		n = min(asked, MaxPage)
	}
	return n, query.Get("last"), nil
}

// next sets the header that leads to the page after the given entry.
func (c call) next(n int, last string) {
	query := url.Values{"last": {last}, "n": {strconv.Itoa(n)}}
	if kind := c.r.URL.Query().Get("artifactType"); kind != "" {
		query.Set("artifactType", kind)
	}
	address := url.URL{Path: c.r.URL.Path, RawQuery: query.Encode()}
	c.w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, address.String()))
}

func (r *Registry) getTags(c call) *Failure {
	n, last, f := c.page()
	if f != nil {
		return f
	}
	images, err := r.images.Images(c, c.repository)
	if err != nil {
		return r.failureOf(err, c.repository)
	}
	tags := []string{}
	for _, image := range images {
		for _, tag := range image.Tags {
			if tag > last {
				tags = append(tags, tag)
			}
		}
	}
	sort.Strings(tags)
	if len(tags) > n {
		tags = tags[:n]
		if n > 0 {
			c.next(n, tags[n-1])
		}
	}
	return c.json(http.StatusOK, "application/json", struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}{c.repository, tags})
}

func (r *Registry) getCatalog(c call) *Failure {
	n, last, f := c.page()
	if f != nil {
		return f
	}
	names := []string{}
	if n > 0 {
		found, err := r.repositories.Names(c, last, n+1)
		if err != nil {
			return r.failureOf(err, "")
		}
		names = append(names, found...)
	}
	if len(names) > n {
		names = names[:n]
		c.next(n, names[n-1])
	}
	return c.json(http.StatusOK, "application/json", struct {
		Repositories []string `json:"repositories"`
	}{names})
}
