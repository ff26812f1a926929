/* Runs one command and writes its wall time, CPU time, peak memory and page faults to descriptor 3:
 *     launcher COMMAND ARGUMENT... 3>figures
 * A child that Python forks counts Python's own memory as its peak, and Python's time to start it as its time: the
 * kernel keeps the peak of the old image over exec. This program has less than 1 MB of both.
 * With BENCH_REALTIME=1 the command runs before all ordinary processes (SCHED_RR), where that is permitted. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

int main(int count, char **words) {
    if (count < 2) return 2;
    const char *realtime = getenv("BENCH_REALTIME");
    struct sched_param priority = {.sched_priority = 1};
    if (realtime && !strcmp(realtime, "1")) sched_setscheduler(0, SCHED_RR, &priority);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = vfork();
    if (child == 0) {
        execvp(words[1], words + 1);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) return 126;
    clock_gettime(CLOCK_MONOTONIC, &end);
    dprintf(3, "%.6f %.6f %ld %ld\n",
            (end.tv_sec - start.tv_sec) + (end.tv_nsec - start.tv_nsec) / 1e9,
            seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss, usage.ru_minflt);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
