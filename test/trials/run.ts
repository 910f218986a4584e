/**
 * Performs the trial whose name is the first argument: see README.md beside this file.
 *
 * @module
 */
import { batch } from './batch';
import { chaos } from './chaos';
import { fleet } from './fleet';
import { messages } from './messages';
import { runTrial } from './run-trial';
import { storm } from './storm';

const [, , name, ...args] = process.argv;

switch (name) {
  case 'batch':
    runTrial(batch, args);
    break;
  case 'chaos':
    runTrial(chaos, args);
    break;
  case 'fleet':
    runTrial(fleet, args);
    break;
  case 'messages':
    runTrial(messages, args);
    break;
  case 'storm':
    runTrial(storm, args);
    break;
  default:
    throw new Error(`there is no trial "${name}": batch, chaos, fleet, messages, storm`);
}
