import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Runtime } from '@temporalio/worker';
import { histogramBuckets } from '../metrics';
import { type LogOptions, processLogger, upper } from './log';
import type { LogLevel } from './log-options';

export interface ProcessRuntime {
  /** Where Temporal's core shows the metrics: on the loopback, for {@link serveMetrics} to show on; null without metrics. */
  metricsPort: number | null;
}

export interface RuntimeOptions extends LogOptions {
  metrics: boolean;
  /** Of Temporal's core. @default that of all others */
  coreLevel?: LogLevel;
  /** Which end all workers. @default those of Temporal's SDK, SIGINT and SIGTERM among them */
  shutdownSignals?: NodeJS.Signals[];
}

/**
 * Sets Temporal's Runtime up for this process, which it can be once: where logs and metrics go. For processes that are a
 * worker and nothing else; an application has a Runtime of its own, and library functions leave it alone.
 */
export async function installRuntime({
  metrics,
  coreLevel,
  shutdownSignals,
  ...log
}: RuntimeOptions): Promise<ProcessRuntime> {
  const metricsPort = metrics ? await freeLoopbackPort() : null;
  const level = coreLevel ?? log.level ?? 'info';
  Runtime.install({
    logger: processLogger(log),
    ...(shutdownSignals && { shutdownSignals }),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: upper(level), other: 'ERROR' } },
      ...(metricsPort === null
        ? {}
        : {
            metrics: {
              attachServiceName: false,
              prometheus: {
                bindAddress: `127.0.0.1:${metricsPort}`,
                countersTotalSuffix: true,
                unitSuffix: true,
                useSecondsForDurations: true,
                histogramBucketOverrides: histogramBuckets(),
              },
            },
          }),
    },
  });
  return { metricsPort };
}

/** A port of the loopback that nothing listens on at this moment. */
export async function freeLoopbackPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
