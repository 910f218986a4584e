const { proxyActivities } = require('@temporalio/workflow');
const exportWorkflows = require('temporal-ims-export/workflows');

const { sendMail } = proxyActivities({ startToCloseTimeout: '10s' });

/** Needs an image in OBS before it goes on. */
async function archiveImage(input) {
  const { verdict, object } = await exportWorkflows.executeExportChild(input);
  return `${verdict}: ${object.format} object`;
}

/** Has nothing to do with exports. */
async function remind(text) {
  return sendMail(text);
}

module.exports = { ...exportWorkflows, archiveImage, remind };
