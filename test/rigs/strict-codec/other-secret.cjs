const { strictDataConverter } = require('./data-converter.cjs');

/** Of somebody who writes into the same namespace with another secret. */
exports.dataConverter = strictDataConverter('another secret');
