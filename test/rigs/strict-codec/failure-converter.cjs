const { DefaultFailureConverter } = require('@temporalio/common');

/** Messages and stack traces are encoded too. */
exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
