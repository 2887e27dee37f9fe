# For those who follow a guide that calls make; everything else is `cargo xtask`.

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

# The operator in one file, to be edited and applied.
.PHONY: deployment-manifest
deployment-manifest:
	cp deploy/operator.yaml rhdh-operator-$(VERSION).yaml
