# The front door. `make demo` shows the main job; `make test` runs every test, the real engine included.

SHELL := /bin/bash
ENGINE ?=

.PHONY: help demo test test-engines check image generate bench bench-rebuild reproducible engine-up engine-down fmt

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | column -t -s "$$(printf '\t')"

demo: ## engine, frontend image, a real app from YAML to a running container
	@scripts/demo

test: ## every test, on the real engine
	@scripts/test

test-engines: ## every suite on Docker 28, 26 and 20, and docs/engines.md from what came of them
	@scripts/test-engines

check: ## format, lints, docs, generated files, licences
	@scripts/check

image: ## the frontend image, into the engine in use
	@eval "$$(docker/engine env $(ENGINE))" && docker/image

generate: ## write the generated files: JSON Schema, reference page, page for who comes from a Dockerfile
	@cargo run --quiet --package spec-schema --features schema --example generate -- spec-schema/schema/v1.json docs/spec.md spec-schema/schema/policy-v1.json docs/policy.md
	@cargo run --quiet --package optfrontend-tests --example from_dockerfile -- tests/from-dockerfile.md docs/from-dockerfile.md

bench: ## compile time, warm builds beside the Dockerfile frontend, what verify adds, memory
	@scripts/bench

bench-rebuild: ## what is built again after a change: the examples beside their Dockerfiles, and docs/rebuilds.md from it
	@scripts/bench-rebuild

reproducible: ## the examples on two engines without caches: one digest each
	@scripts/reproducible

engine-up: ## start a Docker engine if there is none (ENGINE=28, 26 or 20 for one of ours)
	@docker/engine up $(ENGINE)

engine-down: ## stop it
	@docker/engine down $(ENGINE)

fmt: ## format the code
	@cargo fmt --all
