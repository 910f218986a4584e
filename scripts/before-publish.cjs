/** `npm publish` runs this first: it refuses while package.json does not say whose the repository is. */
const { repository, homepage, bugs } = require('../package.json');

const unfilled = Object.entries({ repository: repository.url, homepage, bugs }).filter(([, url]) =>
  url.includes('OWNER'),
);
if (unfilled.length > 0) {
  const names = unfilled.map(([name]) => name).join(', ');
  console.error(
    `package.json is not ready to be published: put the owner of the repository in place of OWNER in ${names}.`,
  );
  process.exit(1);
}
