/**
 * The failures of exports: what each means for the outcome, how each is built, and how one is read.
 *
 * Those that only activities, clients and the Nexus handler throw are in `before-submit.ts`, outside of the workflow bundle.
 *
 * @module
 */
export * from './busy';
export * from './failed';
export * from './failure';
export * from './invalid-request';
export * from './kinds';
export * from './not-now';
export * from './not-submitted';
export * from './reading';
export * from './unknown';
