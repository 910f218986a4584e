/**
 * Traces of exports by OpenTelemetry, as an option: its packages are loaded only when it is asked for.
 *
 * @module
 */
import type { BundlerPlugin, WorkerPlugin } from '@temporalio/worker';

export interface Tracing {
  /** For the worker, and for its workflow bundle. */
  plugin: WorkerPlugin & BundlerPlugin;
  /** What the bundle depends on because of it. */
  bundledPackage: string;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** What must be installed beside this package. */
const PACKAGES = [
  '@temporalio/interceptors-opentelemetry@^1.24.0',
  '@opentelemetry/sdk-trace-node@^1.30.0',
  '@opentelemetry/exporter-trace-otlp-proto@^0.57.0',
  '@opentelemetry/resources@^1.30.0',
];

/**
 * Begins to send traces by OTLP over HTTP to OTEL_EXPORTER_OTLP_ENDPOINT, as OpenTelemetry's own variables say (headers,
 * sampler, service name, resource attributes).
 *
 * @throws Error that names the packages to install when they are not there
 */
export async function startTracing(): Promise<Tracing> {
  const { interceptors, node, otlp, resources } = await loadPackages();
  const resource = resources
    .detectResourcesSync({ detectors: [resources.envDetectorSync] })
    .merge(new resources.Resource({ 'service.name': process.env.OTEL_SERVICE_NAME || 'ims-export-worker' }));
  const spanProcessor = new node.BatchSpanProcessor(new otlp.OTLPTraceExporter());
  const provider = new node.NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
  provider.register();
  const name = '@temporalio/interceptors-opentelemetry';
  const { version } = require(`${name}/package.json`) as { version: string };
  return {
    plugin: new interceptors.OpenTelemetryPlugin({ resource, spanProcessor }),
    bundledPackage: `${name}@${version}`,
    close: () => provider.shutdown(),
  };
}

async function loadPackages() {
  try {
    const [interceptors, node, otlp, resources] = await Promise.all([
      import('@temporalio/interceptors-opentelemetry'),
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-proto'),
      import('@opentelemetry/resources'),
    ]);
    return { interceptors, node, otlp, resources };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new MissingTracingPackages(cause);
  }
}

/** OpenTelemetry was asked for, and its packages are not installed. */
export class MissingTracingPackages extends Error {
  constructor(cause: unknown) {
    super(`OpenTelemetry is optional, and its packages are not installed. Run npm install ${PACKAGES.join(' ')}`, {
      cause,
    });
  }
}
