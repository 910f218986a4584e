/**
 * The wire contract of temporal-ims-export: workflow input, result, status, failure types and the names of messages.
 *
 * Everything here is JSON-plain, so that a workflow in any language can start an export and read its outcome.
 * Names never change once released. Types, constants and pure functions that import nothing: they are part of the workflow
 * bundle.
 *
 * @module
 */
export type * from './activities';
export * from './batch';
export * from './duration';
export * from './failures';
export * from './identity';
export * from './input';
export * from './messages';
export * from './options';
export type * from './result';
export * from './status';
