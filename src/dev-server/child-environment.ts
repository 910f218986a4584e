/**
 * What child processes see of this process's environment, which holds the keys of the cloud: the variables that any program
 * needs, and nothing else. A list of what is passed, since secrets may be in variables of any name.
 *
 * @module
 */

/** For finding programs, folders, languages and time zones. */
const OF_ANY_PROGRAM =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|TMPDIR|TMP|TEMP|XDG_[A-Z]+_(HOME|DIR)|PYENV_(ROOT|VERSION)|ASDF_(DIR|DATA_DIR)|MISE_DATA_DIR|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA)$/i;

/** For reaching a server of packages. */
const OF_A_DOWNLOAD =
  /^((HTTP|HTTPS|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|PIP_[A-Z_]+)$/i;

/** For reaching a Temporal server as a worker does. Its API key is in a variable, unless a profile has it. */
const OF_A_CLIENT =
  /^(TEMPORAL_[A-Z0-9_]+|(GRPC|NO_GRPC|HTTP|HTTPS|ALL|NO)_PROXY|GRPC_DEFAULT_SSL_ROOTS_FILE_PATH|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS)$/i;

/** Of a server program: it needs neither keys nor proxies, and must not meet TEMPORAL_* that are meant for another server. */
export function serverEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return only(env, (name) => OF_ANY_PROGRAM.test(name));
}

/** Of a program that brings another one. */
export function downloadEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return only(env, (name) => OF_ANY_PROGRAM.test(name) || OF_A_DOWNLOAD.test(name));
}

/** Of a program that connects to Temporal. */
export function clientEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return only(env, (name) => OF_ANY_PROGRAM.test(name) || OF_A_CLIENT.test(name));
}

function only(env: NodeJS.ProcessEnv, passes: (name: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => passes(name)));
}
