import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePorts, isFree } from '../ports.ts';
import { dynamicConfigYaml, serverConfigYaml, type TemporalPorts } from './config.ts';

const INNER_PORTS = [
  'frontendHttp',
  'frontendMembership',
  'history',
  'historyMembership',
  'matching',
  'matchingMembership',
  'worker',
  'workerMembership',
] as const;

/** The ports between the server's services: those of the last start when they are free, so that a server that still runs is recognized. */
const innerPorts = async (file: string, keep: boolean): Promise<Record<(typeof INNER_PORTS)[number], number>> => {
  if (existsSync(file)) {
    const ports = JSON.parse(readFileSync(file, 'utf8')) as Record<(typeof INNER_PORTS)[number], number>;
    if (keep || (await Promise.all(Object.values(ports).map(isFree))).every(Boolean)) return ports;
  }
  const free = await freePorts(INNER_PORTS.length);
  const ports = Object.fromEntries(INNER_PORTS.map((name, index) => [name, free[index]])) as Record<(typeof INNER_PORTS)[number], number>;
  writeFileSync(file, JSON.stringify(ports));
  return ports;
};

/**
 * Writes the server's configuration below the folder.
 * @param keep whether a server may still run on the ports of the last start
 * @returns the configuration file
 */
export const writeServerFiles = async (folder: string, port: number, keep: boolean): Promise<string> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string) => path.join(folder, name);
  const ports: TemporalPorts = { frontend: port, ...(await innerPorts(file('ports.json'), keep)) };
  writeFileSync(file('dynamic.yaml'), dynamicConfigYaml());
  const config = serverConfigYaml({ databaseFile: file('server.db'), dynamicConfigFile: file('dynamic.yaml'), ports });
  writeFileSync(file('server.yaml'), config);
  return file('server.yaml');
};
