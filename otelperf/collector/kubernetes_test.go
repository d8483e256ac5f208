// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
)

// manifest is one document of a file.
type manifest struct {
	file, kind, name string
	content          map[string]any
}

func manifests(t *testing.T) (all []manifest) {
	files, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("the folder has %q, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for doc := range bytes.SplitSeq(text, []byte("\n---\n")) {
			parsed, err := confmap.NewRetrievedFromYAML(doc)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			raw, err := parsed.AsRaw()
			content, ok := raw.(map[string]any)
			if err != nil || !ok {
				t.Fatalf("%s: %v: %s", file, err, doc)
			}
			name, _ := content["metadata"].(map[string]any)["name"].(string)
			kind, _ := content["kind"].(string)
			if name == "" || kind == "" || content["apiVersion"] == nil {
				t.Errorf("%s: a document has no kind, name or version:\n%s", file, doc)
			}
			all = append(all, manifest{file, kind, name, content})
		}
	}
	return all
}

// at is what stands at a path of a document; nil for nothing.
func at(content any, path ...string) any {
	for _, key := range path {
		m, ok := content.(map[string]any)
		if !ok {
			return nil
		}
		content = m[key]
	}
	return content
}

// TestManifests: what the documents say of each other is true: claims, configurations and services that they name are there.
func TestManifests(t *testing.T) {
	there := map[string]bool{}
	for _, m := range manifests(t) {
		if there[m.kind+" "+m.name] {
			t.Errorf("%s: there are two of %s %s", m.file, m.kind, m.name)
		}
		there[m.kind+" "+m.name] = true
	}
	for _, m := range manifests(t) {
		if m.kind != "StatefulSet" && m.kind != "Deployment" {
			continue
		}
		if m.kind == "StatefulSet" && !there["Service "+at(m.content, "spec", "serviceName").(string)] {
			t.Errorf("%s: %s has no service", m.file, m.name)
		}
		labels, wanted := at(m.content, "spec", "template", "metadata", "labels", "app"), at(m.content, "spec", "selector", "matchLabels", "app")
		if labels != wanted {
			t.Errorf("%s: pods are labelled %v, wanted are %v", m.file, labels, wanted)
		}
		for _, v := range at(m.content, "spec", "template", "spec", "volumes").([]any) {
			if name, ok := at(v, "configMap", "name").(string); ok && !there["ConfigMap "+name] {
				t.Errorf("%s: there is no ConfigMap %s", m.file, name)
			}
			if name, ok := at(v, "persistentVolumeClaim", "claimName").(string); ok && !there["PersistentVolumeClaim "+name] {
				t.Errorf("%s: there is no claim %s", m.file, name)
			}
		}
	}
	for service := range there {
		if name, ok := strings.CutPrefix(service, "Service otelperf-"); ok && !there["StatefulSet otelperf-"+name] {
			t.Errorf("%s has no pods", service)
		}
	}
}

// TestManifestsLoad: the configurations of collectors in them are such as a collector takes. That of the balancer is asked of a real one,
// whose program OTELPERF_BALANCER names; it is a build of its own.
func TestManifestsLoad(t *testing.T) {
	for _, m := range manifests(t) {
		text, ok := at(m.content, "data", "collector.yaml").(string)
		if m.kind != "ConfigMap" || !ok {
			continue
		}
		file := filepath.Join(t.TempDir(), "collector.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, "load_balancing") {
			if program := os.Getenv("OTELPERF_BALANCER"); program != "" {
				if out, err := exec.Command(program, "validate", "--config", file).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", m.file, err, out)
				}
			}
			continue
		}
		if err := dryRun(file); err != nil {
			t.Errorf("%s: %v", m.file, err)
		}
		if err := os.WriteFile(file, []byte(strings.Replace(text, "lateness: 8s", "lateness: 8h", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := dryRun(file); err == nil || !strings.Contains(err.Error(), "lateness is 8h0m0s, accepted is") {
			t.Errorf("%s: eight hours of lateness: %v", m.file, err)
		}
	}
}

// dryRun has a real collector check a configuration.
func dryRun(file string) error {
	factories := func() (f otelcol.Factories, err error) {
		r := &rig{}
		if f.Receivers, err = otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory()); err != nil {
			return f, err
		}
		if f.Processors, err = otelcol.MakeFactoryMap[processor.Factory](memorylimiterprocessor.NewFactory()); err != nil {
			return f, err
		}
		if f.Exporters, err = otelcol.MakeFactoryMap[exporter.Factory](otlpexporter.NewFactory()); err != nil {
			return f, err
		}
		f.Telemetry = r.telemetry()
		f.Connectors, err = otelcol.MakeFactoryMap[connector.Factory](NewFactory())
		return f, err
	}
	c, err := otelcol.NewCollector(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "test"}, Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs: []string{"file:" + file}, ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
		}},
	})
	if err != nil {
		return err
	}
	return c.DryRun(context.Background())
}
