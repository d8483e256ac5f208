// SPDX-License-Identifier: Apache-2.0

// Package openapi holds a test alone: an independent implementation of OpenAPI checks what the JSON endpoint answers against the
// contract that it serves.
package openapi
