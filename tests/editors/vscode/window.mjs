// A window of the workbench on the folder that this is started in, as long as this runs.
import net from 'node:net';

const workbench = net.connect(process.env.GREENLOOP_WORKBENCH);
workbench.on('close', () => process.exit());
workbench.on('error', () => process.exit(1));
workbench.write(`${process.cwd()}\n`);
