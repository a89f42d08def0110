import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Configuration } from './configuration.ts';

/** JSON lines, or lines for people where a terminal shows them. */
export const createLog = (name: string, { logLevel }: Pick<Configuration, 'logLevel'>): Logger => {
  const options = { name, level: logLevel };
  return process.stdout.isTTY ? pino(options, pretty({ ignore: 'pid,hostname' })) : pino(options);
};
