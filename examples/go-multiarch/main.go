// Command redirects answers paths with the places that a file has for them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"example.com/redirects/rules"
)

const addr = ":8080"

// version is set at link time: -ldflags "-X main.version=1.2.3".
var version = "dev"

func main() {
	file := flag.String("rules", "/etc/redirects.yaml", "file of the rules")
	healthcheck := flag.Bool("healthcheck", false, "ask the running server whether it is well, and exit")
	flag.Parse()
	run := func() error { return serve(*file) }
	if *healthcheck {
		run = probe
	}
	if err := run(); err != nil {
		slog.Error("failed", "error", err)
		os.Exit(1)
	}
}

// serve runs until SIGINT or SIGTERM, then lets open requests finish.
func serve(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	parsed, err := rules.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Addr: addr, Handler: handler(parsed), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	slog.Info("listening", "addr", addr, "rules", len(parsed), "version", version)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}

func handler(parsed rules.Rules) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%s on %s/%s\n", version, runtime.GOOS, runtime.GOARCH)
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		target, ok := parsed.Target(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, target, http.StatusFound)
	})
	return mux
}

// probe is the image's HEALTHCHECK: distroless has neither a shell nor curl.
func probe() error {
	client := &http.Client{Timeout: 2 * time.Second}
	res, err := client.Get("http://127.0.0.1" + addr + "/healthz")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}
