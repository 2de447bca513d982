package shortener

import (
	"encoding/json"
	"net/http"
)

const maxBody = 8 << 10

// Handler serves the store:
//
//	GET  /healthz            liveness and version
//	POST /api/links          {"url": "…"} → the link
//	GET  /api/links/{code}   the link with its hits
//	GET  /{code}             redirect
func Handler(store *Store, version string) http.Handler {
	mux := http.NewServeMux()

	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, map[string]string{"status": "ok", "version": version})
	})

	mux.HandleFunc("POST /api/links", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			URL string `json:"url"`
		}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&body); err != nil {
			fail(w, http.StatusBadRequest, "body must be JSON with a url")
			return
		}
		link, err := store.Add(body.URL)
		if err != nil {
			fail(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		respond(w, http.StatusCreated, link)
	})

	mux.HandleFunc("GET /api/links/{code}", func(w http.ResponseWriter, r *http.Request) {
		link, ok := store.Get(r.PathValue("code"))
		if !ok {
			fail(w, http.StatusNotFound, "no such link")
			return
		}
		respond(w, http.StatusOK, link)
	})

	mux.HandleFunc("GET /{code}", func(w http.ResponseWriter, r *http.Request) {
		target, ok := store.Follow(r.PathValue("code"))
		if !ok {
			fail(w, http.StatusNotFound, "no such link")
			return
		}
		http.Redirect(w, r, target, http.StatusFound)
	})

	return mux
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client went away: there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}

func fail(w http.ResponseWriter, status int, message string) {
	respond(w, status, map[string]string{"error": message})
}
