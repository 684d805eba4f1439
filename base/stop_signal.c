// base/stop_signal.c -- one flag, set by the handler.
#include "base/stop_signal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

static const int numbers[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static atomic_int first; // lock-free, as a handler needs
static atomic_bool stops_itself;

static void take_signal(int number)
{
    int none = 0;
    atomic_compare_exchange_strong(&first, &none, number);
}

static sigset_t all_numbers(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < NUMBERS; i++)
        sigaddset(&set, numbers[i]);
    return set;
}

static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void stop_signals_listen(void)
{
    for (int i = 0; i < NUMBERS; i++) {
        if (numbers[i] == SIGHUP && is_ignored(SIGHUP)) continue;
        struct sigaction action = {.sa_handler = take_signal, .sa_flags = SA_RESTART};
        if (numbers[i] == SIGINT) action.sa_flags |= (int)SA_RESETHAND;
        sigemptyset(&action.sa_mask);
        ASSERT(sigaction(numbers[i], &action, NULL) == 0);
    }
    ASSERT(signal(SIGPIPE, SIG_IGN) != SIG_ERR && signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    sigset_t set = all_numbers();
    ASSERT(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
}

void stop_signals_hold(void)
{
    sigset_t set = all_numbers();
    ASSERT(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    if (first != 0) ASSERT(raise(first) == 0); // stays pending through exec
}

int stop_signal(void)
{
    return first;
}

void stop_signals_own(bool own)
{
    stops_itself = own;
}

status stop_signal_check(void)
{
    int number = first;
    if (number == 0 || stops_itself) return ST_OK;
    return failure(ST_STOPPED, "stopped by signal %d (%s); run me again", number,
                   strsignal(number));
}
