// Tasks of the global's own: https://html.spec.whatwg.org/#queue-a-global-task
(function (internal) {
  'use strict';
  const { native, hooks } = internal;

  // A queue without shifting: what lies before `first` has run.
  let tasks = [], first = 0;

  // Runs `callback` in a turn of its own, after the tasks queued before it; microtasks run after it.
  internal.queueTask = function (callback) {
    tasks[tasks.length] = callback;
    if (tasks.length - first === 1) native.wantTask();
  };

  // Runs one task. Returns whether there is another.
  hooks.task = function () {
    if (first >= tasks.length) return false;
    const task = tasks[first];
    tasks[first++] = undefined;
    if (first === tasks.length) {
      tasks = [];
      first = 0;
    }
    try {
      task();
    } catch (error) {
      internal.reportException(error);
    }
    return first < tasks.length;
  };
})
