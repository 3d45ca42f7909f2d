# Assay: serve a documented API as a mock, verify any implementation of it.

CONTRACT ?=
TARGET   ?=
FLAGS    ?=
SOURCES  ?= ../shared/documents
export SOURCES

GO    ?= go
ASSAY  = bin/assay

.DEFAULT_GOAL := help

.PHONY: help build verify mock test test-race test-sdk prove bench load lint generate fuzz clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make verify TARGET=http://localhost:3000 [CONTRACT=cognito] [FLAGS='--strict --set key=value']"

build: ## Build bin/assay
	@$(GO) build -o $(ASSAY) ./cmd/assay

verify: build ## Verify TARGET, or Assay's own mock when there is none; reports in reports/out
	@$(ASSAY) verify $(if $(CONTRACT),--contract $(CONTRACT)) $(FLAGS) $(TARGET)

mock: build ## Serve the contracts as mocks, each on a port, from 4100 on
	@$(ASSAY) mock $(if $(CONTRACT),--contract $(CONTRACT)) $(FLAGS)

test: ## Run every test
	$(GO) vet ./...
	$(GO) test ./...

test-race: ## Run every test with the race detector
	$(GO) test -race ./...

prove: build ## Prove the suite: break every rule on purpose and see it noticed
	@$(ASSAY) prove $(CONTRACT) $(FLAGS)

test-sdk: ## Sign in with the vendors' real SDKs, in Node and in Chromium; follow the tutorials
	sdktest/run.sh

bench: ## Measure the mock against a bare net/http server
	$(GO) run ./bench

load: ## Use a mock for five minutes: 1,000 connections, 10,000 worlds
	$(GO) run ./bench/load $(FLAGS)

lint: ## Check format, vet and staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

generate: build ## Write what is generated: docs/rules.md, docs/mutants.md, mutants/recorded
	$(ASSAY) rules --contract idea-pool --markdown > docs/rules.md
	$(ASSAY) prove idea-pool --json mutants/recorded/idea-pool.json --markdown docs/mutants.md

fuzz: ## Fuzz the parsers and decoders, a minute each
	@for target in $$(grep -rl --include=*_test.go 'func Fuzz' . ); do \
	  for name in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' $$target); do \
	    $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime 1m ./$$(dirname $$target) || exit 1; \
	  done; done

clean: ## Remove what was built and reported
	rm -rf bin reports/out
