import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes, type SearchAttributePair } from '@temporalio/common';
import type { Wake } from '../db/journey/wakes.ts';
import {
  asyncActionWorkflowId,
  destinationWorkflowId,
  journeyWorkflowId,
  launchWorkflowId,
  SEARCH_ATTRIBUTES,
  WAKE_SIGNAL,
  WORKFLOWS,
  type AsyncActionInput,
  type DestinationInput,
  type JourneyInput,
  type LaunchInput,
  type TaskQueues,
} from '../workflows/contracts.ts';

const keys = {
  project: defineSearchAttributeKey(SEARCH_ATTRIBUTES.project, SearchAttributeType.KEYWORD),
  journey: defineSearchAttributeKey(SEARCH_ATTRIBUTES.journey, SearchAttributeType.KEYWORD),
  version: defineSearchAttributeKey(SEARCH_ATTRIBUTES.version, SearchAttributeType.INT),
};

const attributesOf = ({ about }: Wake): TypedSearchAttributes => {
  const pairs: SearchAttributePair[] = [{ key: keys.project, value: about.projectId }];
  if (about.journey !== null) pairs.push({ key: keys.journey, value: about.journey });
  if (about.version !== null) pairs.push({ key: keys.version, value: about.version });
  return new TypedSearchAttributes(pairs);
};

/** Of what is woken, what is a workflow. */
export type WorkflowWake = Wake & { kind: Exclude<Wake['kind'], 'schedule'> };

/**
 * How a workflow is started or, where it runs, woken: one place for all kinds. Nothing here is personal data.
 * @param searchable whether the server knows our search attributes; it would refuse others
 */
export const workflowOf = (wake: WorkflowWake, taskQueues: TaskQueues, searchable: boolean) => {
  const common = {
    signal: WAKE_SIGNAL,
    signalArgs: [] as [],
    // A cohort or destination that came to its end starts anew when there is something to do again.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    priority: { priorityKey: Math.min(Math.max(wake.priority, 1), 5) },
    ...(searchable && { typedSearchAttributes: attributesOf(wake) }),
  };
  switch (wake.kind) {
    case 'cohort': {
      const input: JourneyInput = { cohortId: wake.id };
      const staticSummary = `customers who entered ${wake.about.journey ?? 'a journey'} together`;
      const workflowId = journeyWorkflowId(wake.id);
      return { type: WORKFLOWS.journey, options: { ...common, workflowId, taskQueue: taskQueues.journeys, args: [input], staticSummary } };
    }
    case 'launch': {
      const input: LaunchInput = { launchId: wake.id };
      const staticSummary = `lets an audience into ${wake.about.journey ?? 'a journey'}`;
      const workflowId = launchWorkflowId(wake.id);
      return { type: WORKFLOWS.launch, options: { ...common, workflowId, taskQueue: taskQueues.journeys, args: [input], staticSummary } };
    }
    case 'async action': {
      const input: AsyncActionInput = { actionId: wake.id };
      const staticSummary = 'work that a request asked for and does not wait for';
      const workflowId = asyncActionWorkflowId(wake.id);
      return {
        type: WORKFLOWS.asyncAction,
        options: { ...common, workflowId, taskQueue: taskQueues.journeys, args: [input], staticSummary },
      };
    }
    case 'destination': {
      const input: DestinationInput = { destinationId: wake.id };
      const staticSummary = 'delivers what is due to one destination';
      const workflowId = destinationWorkflowId(wake.id);
      return {
        type: WORKFLOWS.destination,
        options: { ...common, workflowId, taskQueue: taskQueues.deliveries, args: [input], staticSummary },
      };
    }
    default:
      throw new Error(`there is no workflow of kind ${wake.kind satisfies never as string}`);
  }
};
