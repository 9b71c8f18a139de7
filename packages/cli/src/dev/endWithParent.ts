// Loaded into a service before its own code: it ends in order when `brew dev` is gone, also if that was killed and could ask for
// nothing any more. Standard input is a pipe from there, which the system closes.
process.stdin.on('close', () => process.kill(process.pid, 'SIGTERM')).resume();
process.stdin.unref();
