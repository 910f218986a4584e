/**
 * Imported before anything that loads gRPC: it would write lines of its own to stderr, such as for each attempt to reach a proxy,
 * beside the one block in which a command says what is wrong.
 *
 * @module
 */
if (process.env.GRPC_NODE_VERBOSITY === undefined) process.env.GRPC_VERBOSITY ??= 'NONE';
