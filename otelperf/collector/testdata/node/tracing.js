// SPDX-License-Identifier: Apache-2.0
// Sets the SDK up as its documents say, for the packages of today and of 2024. It is preloaded: node -r ./tracing.js service.js
const { NodeTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express');
const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg');
const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis');
const resources = require('@opentelemetry/resources');

const named = { 'service.name': process.env.SERVICE, 'service.instance.id': String(process.pid) };
const resource = resources.resourceFromAttributes ? resources.resourceFromAttributes(named) : new resources.Resource(named);
const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url: process.env.COLLECTOR + '/v1/traces' }), { scheduledDelayMillis: 500 });
const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] });
if (provider.addSpanProcessor) provider.addSpanProcessor(processor); // before 2.0 the option is not known
provider.register();
registerInstrumentations({
  instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation(), new PgInstrumentation(), new IORedisInstrumentation()],
});
