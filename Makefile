# `make` lists the targets.
SHELL := bash
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-onnx test-full fuzz bench format lint clean

swift_sources := Sources Tests Fuzz/Sources Fuzz/Package.swift Benchmarks/Sources Benchmarks/Package.swift Package.swift
demo_run := .build/release/accsim run --design pim-gpt --model gpt2 --prompt 32 --generate 32
demo_files := out/pim-gpt-gpt2.json out/pim-gpt-gpt2.csv

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing to build and test (Debian)
	@scripts/setup core

demo: setup ## Simulate GPT-2 on a GDDR6 processing-in-memory design; report on the terminal and in out/
	swift build -c release --product accsim
	$(demo_run)
	@mkdir -p out
	@$(demo_run) $(demo_files:%=--out %)
	@echo "The same report: $(demo_files)"

test: setup ## Run the test stages: lint, unit, golden, reports (one alone: scripts/test unit)
	@scripts/test

test-onnx: setup ## Import every model of the onnx package's own tests, which pip fetches once
	@scripts/test-onnx

test-full: test test-onnx fuzz ## Run `make test` and what takes too long or fetches too much for it

fuzz: setup ## Give every reader of files arbitrary bytes for a minute each (FUZZ_SECONDS=600: for ten)
	@scripts/test fuzz

bench: setup ## Print how much work is done in a second, and instructions for a request (one alone: scripts/bench NAME)
	@scripts/bench
	@scripts/bench --instructions dram-ddr4-stream dram-ddr4-random dram-ddr4-idle dram-hbm2-stream dram-hbm2-random

format: ## Format the Swift sources in place
	swift format --in-place --recursive --parallel $(swift_sources)

lint: ## Run the lint stage: format, imports, house rules
	@scripts/test lint

clean: ## Remove build products, logs and reports
	swift package clean
	rm -rf out
