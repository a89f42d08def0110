import { isGrpcServiceError, type Client } from '@temporalio/client';

/** What a worker runs, as Temporal knows it: a version of a worker deployment. */
export interface Build {
  deploymentName: string;
  buildId: string;
}

const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;
const AGAIN_AFTER_MS = 250;

/** The calls that the TypeScript client has no wrapper for; its protobuf definitions have them. */
interface Service {
  describeWorkerDeployment: (request: object) => Promise<{
    workerDeploymentInfo?: { routingConfig?: { currentDeploymentVersion?: { buildId?: string | null } | null } | null } | null;
  }>;
  setWorkerDeploymentCurrentVersion: (request: object) => Promise<unknown>;
}

const serviceOf = async (client: Client): Promise<Service> => {
  await client.connection.ensureConnected();
  return client.connection.workflowService;
};

const hasCode = (error: unknown, ...codes: number[]): boolean => isGrpcServiceError(error) && codes.includes(error.code);

/** The build that gets workflows now; null where no build ever did, or workers without versions do. */
export const currentBuild = async (client: Client, deploymentName: string): Promise<string | null> => {
  try {
    const { workerDeploymentInfo: info } = await (
      await serviceOf(client)
    ).describeWorkerDeployment({ namespace: client.options.namespace, deploymentName });
    return info?.routingConfig?.currentDeploymentVersion?.buildId || null;
  } catch (error) {
    if (hasCode(error, NOT_FOUND)) return null;
    throw error;
  }
};

/** Has every workflow go on with workers that have no versions. */
export const makeNoneCurrent = async (client: Client, deploymentName: string): Promise<void> => {
  const { namespace, identity } = client.options;
  const request = { namespace, identity, deploymentName, buildId: '', ignoreMissingTaskQueues: true };
  await (await serviceOf(client)).setWorkerDeploymentCurrentVersion(request);
};

/**
 * Has every workflow of this installation go on with a build, whose workers poll already or are about to. Repeatable.
 * @param withinMs for so long it is tried, since Temporal knows a build a moment after its workers began to poll
 * @throws what Temporal says last
 */
export const makeCurrent = async (client: Client, { deploymentName, buildId }: Build, withinMs = 30_000): Promise<void> => {
  const service = await serviceOf(client);
  const { namespace, identity } = client.options;
  for (const until = performance.now() + withinMs; ; await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS))) {
    try {
      // Queues that only an older release had are no reason to refuse.
      await service.setWorkerDeploymentCurrentVersion({ namespace, identity, deploymentName, buildId, ignoreMissingTaskQueues: true });
      return;
    } catch (error) {
      if (!hasCode(error, NOT_FOUND, FAILED_PRECONDITION) || performance.now() > until) throw error;
    }
  }
};
