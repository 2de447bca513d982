package shortener

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAdd(t *testing.T) {
	store := NewStore()

	first, err := store.Add("https://example.com/a")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := store.Add("https://example.com/a")
	if again.Code != first.Code {
		t.Errorf("same URL got codes %q and %q", first.Code, again.Code)
	}
	other, _ := store.Add("https://example.com/b")
	if other.Code == first.Code {
		t.Errorf("two URLs share the code %q", other.Code)
	}

	for _, bad := range []string{"", "example.com", "ftp://example.com", "javascript:alert(1)"} {
		if _, err := store.Add(bad); !errors.Is(err, ErrInvalidURL) {
			t.Errorf("Add(%q) = %v, want ErrInvalidURL", bad, err)
		}
	}
}

func TestAddLengthensTakenCode(t *testing.T) {
	store := NewStore()
	link, _ := store.Add("https://example.com/a")
	store.links[link.Code].URL = "https://example.com/occupied"

	longer, err := store.Add("https://example.com/a")
	if err != nil {
		t.Fatal(err)
	}
	if len(longer.Code) != len(link.Code)+1 {
		t.Errorf("code %q, want one character more than %q", longer.Code, link.Code)
	}
}

func TestHandler(t *testing.T) {
	handler := Handler(NewStore(), "1.2.3")
	do := func(method, path, body string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(body)))
		return rec
	}

	if rec := do("GET", "/healthz", ""); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "1.2.3") {
		t.Errorf("healthz: %d %s", rec.Code, rec.Body)
	}

	rec := do("POST", "/api/links", `{"url": "https://example.com/"}`)
	if rec.Code != http.StatusCreated {
		t.Fatalf("create: %d %s", rec.Code, rec.Body)
	}
	var link Link
	if err := json.Unmarshal(rec.Body.Bytes(), &link); err != nil {
		t.Fatal(err)
	}

	rec = do("GET", "/"+link.Code, "")
	if rec.Code != http.StatusFound || rec.Header().Get("Location") != "https://example.com/" {
		t.Errorf("follow: %d, Location %q", rec.Code, rec.Header().Get("Location"))
	}
	if rec := do("GET", "/api/links/"+link.Code, ""); !strings.Contains(rec.Body.String(), `"hits":1`) {
		t.Errorf("hit was not counted: %s", rec.Body)
	}

	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/missing", "", http.StatusNotFound},
		{"POST", "/api/links", "not json", http.StatusBadRequest},
		{"POST", "/api/links", `{"url": "nowhere"}`, http.StatusUnprocessableEntity},
		{"DELETE", "/healthz", "", http.StatusMethodNotAllowed},
	} {
		if rec := do(c.method, c.path, c.body); rec.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, rec.Code, c.want)
		}
	}
}
