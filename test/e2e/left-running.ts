import { globSync, readFileSync } from 'node:fs';

/** The command lines of processes that name a folder: what an installation with that data folder left running. Reads /proc. */
export const leftRunning = (folder: string): string[] =>
  globSync('/proc/[0-9]*/cmdline').flatMap((file) => {
    try {
      const environment = readFileSync(file.replace('cmdline', 'environ'), 'utf8');
      const command = readFileSync(file, 'utf8').replaceAll('\0', ' ').trim();
      return command.includes(folder) || (environment.includes(`COUPONRY_DATA_DIR=${folder}`) && command.includes('couponry.ts'))
        ? [command]
        : [];
    } catch {
      return [];
    }
  });
