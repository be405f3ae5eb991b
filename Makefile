# Roadstead. Two commands matter: `make demo` shows the main job working, `make test` runs everything that CI runs.
# Both do all the set-up on a fresh Debian machine with Go.

SHELL := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/roadstead/roadstead/cli.Version=$(VERSION)
BIN := bin/roadstead
SOURCES := $(shell find . -name '*.go' -not -name '*_test.go' -not -path './.cache/*' 2>/dev/null) go.mod go.sum

.PHONY: build demo test sim fuzz bench setup clean vet

build: setup $(BIN) runtime-bundle

$(BIN): $(SOURCES)
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -tags "no_btrfs no_devmapper no_zfs" -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/roadstead

# The program that can be stopped at each of its steps, for the tests alone.
FAILPOINTS := bin/failpoints/roadstead
$(FAILPOINTS): $(SOURCES) hack/failpoints
	@hack/failpoints $(FAILPOINTS)

include agent/runtime/bundle.mk

# What the build and the tests need beyond Go, from Debian. Without root, or elsewhere, it says what is missing.
setup:
	@hack/setup

demo: build
	@$(BIN) demo

test: build vet $(FAILPOINTS)
	@hack/setup all
	@hack/test

vet:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...

# Many worlds of the simulator: SEEDS= how many, FROM= the first; SEED=n runs one and prints its trace.
sim:
	@hack/sim

# Each decoder for a short while; FUZZTIME=10m for a long one.
fuzz:
	@hack/fuzz

bench: build
	@hack/setup bench
	@hack/bench

clean:
	rm -rf bin .cache
