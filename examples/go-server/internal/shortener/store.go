// Package shortener keeps short codes for URLs and serves them over HTTP.
package shortener

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"sync"
)

// ErrInvalidURL is returned for anything but an absolute http or https URL.
var ErrInvalidURL = errors.New("url must be absolute, with scheme http or https")

const minCodeLen = 7

// Link is a stored URL, and how often it was followed.
type Link struct {
	Code string `json:"code"`
	URL  string `json:"url"`
	Hits int    `json:"hits"`
}

// Store keeps links in memory. It is safe for concurrent use.
type Store struct {
	mu    sync.Mutex
	links map[string]*Link
}

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{links: make(map[string]*Link)}
}

// Add stores a URL and returns its link. The same URL always has the same code.
func (s *Store) Add(rawURL string) (Link, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return Link{}, ErrInvalidURL
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	sum := sha256.Sum256([]byte(rawURL))
	full := base64.RawURLEncoding.EncodeToString(sum[:])
	// A code that another URL already holds is made longer until it is free.
	for n := minCodeLen; ; n++ {
		code := full[:n]
		link, taken := s.links[code]
		if !taken {
			link = &Link{Code: code, URL: rawURL}
			s.links[code] = link
		}
		if link.URL == rawURL {
			return *link, nil
		}
	}
}

// Get returns the link of a code.
func (s *Store) Get(code string) (Link, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	link, ok := s.links[code]
	if !ok {
		return Link{}, false
	}
	return *link, true
}

// Follow counts a hit and returns where the code leads.
func (s *Store) Follow(code string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	link, ok := s.links[code]
	if !ok {
		return "", false
	}
	link.Hits++
	return link.URL, true
}
