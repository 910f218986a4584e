/**
 * Temporal servers for demo and tests: finds or brings the Temporal CLI and the time-skipping test server, and runs
 * the dev server as a child process.
 * @module
 */
export { MINIMUM_CLI_VERSION } from './cli-version';
export { type DevServer, DevServerNotStarted, type DevServerOptions, startDevServer } from './dev-server';
export { findTemporalCli } from './find-temporal-cli';
export { findTimeSkippingServer } from './find-time-skipping-server';
export { type FindServerOptions, type FoundServer, InvalidServerPath, ServerNotFound } from './server-search';
