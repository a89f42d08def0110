import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';

interface Process {
  command: string;
  /** Empty where the platform does not tell. */
  environment: string;
}

const processes = (): Process[] => {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-A', '-ww', '-o', 'command='], { encoding: 'utf8' }).split('\n');
    return lines.map((command) => ({ command, environment: '' }));
  }
  return globSync('/proc/[0-9]*').flatMap((folder) => {
    try {
      const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8').replaceAll('\0', ' ');
      return [{ command: read('cmdline'), environment: read('environ') }];
    } catch {
      // It ended meanwhile, or is not ours.
      return [];
    }
  });
};

/** The command lines of what an installation with that data folder left running. */
export const leftRunning = (folder: string): string[] =>
  processes()
    .filter(({ command, environment }) => command.includes(`${folder}/`) || environment.includes(`COUPONRY_DATA_DIR=${folder} `))
    .map(({ command }) => command);
