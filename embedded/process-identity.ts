import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What tells a process from a later one with the same id: the moment it started. `null` when there is no such process (or only its zombie).
 * Linux has it in /proc, where `ps` may be missing (slim containers); elsewhere `ps` tells.
 */
export const processStart = (pid: number): string | null => {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
    } catch {
      return null;
    }
  }
  try {
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || null
    );
  } catch {
    return null;
  }
};

/** The program that a process runs, such as `postgres`; `null` when there is no such process. */
export const processName = (pid: number): string | null => {
  if (processStart(pid) === null) return null;
  if (process.platform === 'linux') return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  return execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim();
};
