import { FILE_FORMATS } from '../../../contract';
import { passed, type RequestRule, refused } from '../rule';

const FILE_NAME_LIMIT = 128;
/** OBS, "Uploading an object". */
const KEY_LIMIT_BYTES = 1024;
const ALLOWED = /[A-Za-z0-9._-]/;

/** As files of images are called. */
const OBJECT_FORMATS = [...FILE_FORMATS, 'zvhd2'];

/** The rules on the name of the object. */
export const OBJECT_NAME_RULES = [
  {
    id: 'objectName',
    refuses:
      'file names that are empty or longer than 128 characters, spaces, and characters other than letters, digits, `-`, `.`, `_` (and `/` between folders)',
    source: 'IMG.0073, IMG.0074, IMG.0075, IMG.0175',
    severity: 'error',
    check({ request: { objectKey } }) {
      const fileName = objectKey.slice(objectKey.lastIndexOf('/') + 1);
      if (fileName === '') {
        return refused(`object key ${objectKey}`, 'The file name is empty. Name a file after the last slash.');
      }
      if (fileName.length > FILE_NAME_LIMIT) {
        const found = `a file name of ${fileName.length} characters`;
        return refused(found, `The file name may have at most ${FILE_NAME_LIMIT} characters. Choose a shorter one.`);
      }
      const bytes = Buffer.byteLength(objectKey);
      if (bytes > KEY_LIMIT_BYTES) {
        const found = `an object key of ${bytes} bytes`;
        return refused(found, `An object key may have at most ${KEY_LIMIT_BYTES} bytes. Choose a shorter one.`);
      }
      if (/\s/.test(objectKey)) {
        return refused(`object key '${objectKey}'`, 'Folder and file names may have no spaces. Choose another name.');
      }
      const wrong = [...objectKey].find((character) => character !== '/' && !ALLOWED.test(character));
      if (wrong === undefined) return passed;
      return refused(
        `'${wrong}' in object key ${objectKey}`,
        'Folder and file names may have letters, digits, hyphens, dots and underscores only. Choose another name.',
      );
    },
  },
  {
    id: 'folderNames',
    refuses: 'folders without a name, as in `/a.qcow2` and `a//b.qcow2`',
    source: 'Nothing allows or forbids them; IMG.0075',
    severity: 'warn',
    check({ request: { objectKey } }) {
      const folders = objectKey.split('/').slice(0, -1);
      if (!folders.includes('')) return passed;
      return refused(
        `object key ${objectKey}`,
        'A folder has no name; in OBS the slash is part of the key. Remove the extra slash, unless you mean it.',
      );
    },
  },
  {
    id: 'keyExtension',
    refuses: 'object keys that end as the files of another format do, such as `a.vhd` for a qcow2 image',
    source: 'Nothing forbids them, but a reader may take the object for another format',
    severity: 'warn',
    check({ request: { objectKey, fileFormat } }) {
      const [, extension] = /\.([a-z0-9]+)$/.exec(objectKey.toLowerCase()) ?? [];
      const isOfOther = OBJECT_FORMATS.some((format) => format === extension) && extension !== fileFormat;
      // The format of a job that is attached to may not be known.
      if (!isOfOther || fileFormat === null) return passed;
      return refused(
        `object key ${objectKey} for the format ${fileFormat}`,
        `The object key ends with .${extension}, and the object will be ${fileFormat}. Choose a key that ends with .${fileFormat}, or another format.`,
      );
    },
  },
] as const satisfies RequestRule[];
