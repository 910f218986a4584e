/** Stands for whatever else the worker of this project does. */
exports.sendMail = async (text) => `sent: ${text}`;
