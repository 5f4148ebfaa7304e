import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { Layout } from "./components/Layout";
import { basePath } from "./lib/base";
import { Broken } from "./pages/Broken";
import { NotFound } from "./pages/NotFound";
import { OverviewPage } from "./pages/overview/OverviewPage";
import { readSearch } from "./pages/tasks/filter";

const root = createRootRoute({ component: Layout, notFoundComponent: NotFound });
const getParentRoute = () => root;

// The overview comes with the first answer; every other page when it is wanted.
const overview = createRoute({ getParentRoute, path: "/", component: OverviewPage });
const tasks = createRoute({
  getParentRoute,
  path: "/tasks",
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import("./pages/tasks/TasksPage"), "TasksPage"),
});
const task = createRoute({
  getParentRoute,
  path: "/tasks/$pool/$id",
  component: lazyRouteComponent(() => import("./pages/task/TaskPage"), "TaskPage"),
});
const workflows = createRoute({
  getParentRoute,
  path: "/workflows",
  component: lazyRouteComponent(() => import("./pages/workflows/WorkflowsPage"), "WorkflowsPage"),
});
const workflow = createRoute({
  getParentRoute,
  path: "/workflows/$pool/$id",
  component: lazyRouteComponent(() => import("./pages/workflows/WorkflowPage"), "WorkflowPage"),
});
const schedules = createRoute({
  getParentRoute,
  path: "/schedules",
  validateSearch: (search: Record<string, unknown>): { name?: string } =>
    typeof search.name === "string" && search.name ? { name: search.name } : {},
  component: lazyRouteComponent(() => import("./pages/schedules/SchedulesPage"), "SchedulesPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([overview, tasks, task, workflows, workflow, schedules]),
  basepath: basePath || "/",
  defaultPreload: "intent",
  defaultErrorComponent: Broken,
  scrollRestoration: true,
  // Text in an address is text: the usual reading would make a number of an id like 0012.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const kept = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
    const text = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
    return text && `?${text}`;
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
