/** The simulator cannot use a folder or file that it was given. Another path cures that. */
export class SimulatorPathError extends Error {
  override readonly name = 'SimulatorPathError';
}
