/** A simulator in a process of its own, to be killed: `simulator-process.ts STATE_DIR PORT`. Prints its info as one line. */
import { startSimulator } from '../../src/testing';

const [stateDir, port] = process.argv.slice(2);

startSimulator({ stateDir, port: Number(port), jobSeconds: 600 }).then(
  (simulator) => console.log(JSON.stringify(simulator.info)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
