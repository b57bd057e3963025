/* SPDX-License-Identifier: BSD-2-Clause */
/* Making, filling and unmaking a run's folder. */
#include "sim/observe/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/folder.h"

#define TRIES 10000

static bool folder_empty(const char *path)
{
    DIR *dir = opendir(path);
    int entries = 0;

    if (dir == NULL) {
        return false;
    }
    while (entries < 3 && readdir(dir) != NULL) {
        entries++;
    }
    closedir(dir);
    return entries <= 2;
}

static int make_asked(const char *path, char *why)
{
    if (mkdir(path, 0755) == 0) {
        return 0;
    }
    int error = errno;
    if (error == EEXIST && folder_empty(path)) {
        return 0;
    }
    if (error == EEXIST) {
        snprintf(why, RUNDIR_WHY_BYTES, "%s exists; name another folder with -o, or remove it",
                 path);
    } else {
        snprintf(why, RUNDIR_WHY_BYTES, "cannot make the folder %s: %s", path, strerror(error));
    }
    return -error;
}

/* out/<first>, or with the first number that is free; and a link that says which was the last. */
static int make_default(const char **path, struct arena *arena, const char *first, char *why)
{
    if (mkdir("out", 0755) != 0 && errno != EEXIST) {
        int error = errno;

        snprintf(why, RUNDIR_WHY_BYTES, "cannot make the folder out: %s; give another with -o",
                 strerror(error));
        return -error;
    }
    for (int i = 1; i < TRIES; i++) {
        const char *leaf = i == 1 ? first : arena_format(arena, "%s-%d", first, i);

        *path = arena_format(arena, "out/%s", leaf);
        if (mkdir(*path, 0755) == 0) {
            char fresh[64];

            snprintf(fresh, sizeof fresh, "out/.latest-%ld", (long)getpid());
            if (symlink(leaf, fresh) == 0 && rename(fresh, "out/latest") != 0) {
                unlink(fresh);
            }
            return 0;
        }
        if (errno != EEXIST) {
            int error = errno;

            snprintf(why, RUNDIR_WHY_BYTES, "cannot make the folder %s: %s; give another with -o",
                     *path, strerror(error));
            return -error;
        }
    }
    snprintf(why, RUNDIR_WHY_BYTES, "out/%s-%d and all before it exist; remove some", first,
             TRIES - 1);
    return -EEXIST;
}

static int cannot_set_up(struct rundir *r, char *why)
{
    int error = -errno;

    snprintf(why, RUNDIR_WHY_BYTES, "cannot set up the folder %s: %s", r->path, strerror(-error));
    rundir_remove(r);
    return error;
}

int rundir_create_bare(struct rundir *r, struct arena *arena, const char *asked, const char *leaf,
                       char why[static RUNDIR_WHY_BYTES])
{
    const char *path = asked;
    char full[PATH_MAX];
    int error = asked != NULL ? make_asked(asked, why) : make_default(&path, arena, leaf, why);

    *r = (struct rundir){.fd = -1, .captures_fd = -1, .asked = asked != NULL};
    if (error != 0) {
        return error;
    }
    r->path = arena_text(arena, realpath(path, full) != NULL ? full : path);
    r->fd = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return r->fd < 0 ? cannot_set_up(r, why) : 0;
}

int rundir_create(struct rundir *r, struct arena *arena, const char *asked, const char *name,
                  unsigned long long seed, char why[static RUNDIR_WHY_BYTES])
{
    int error =
        rundir_create_bare(r, arena, asked, arena_format(arena, "%s-s%llu", name, seed), why);

    if (error != 0) {
        return error;
    }
    r->images = arena_format(arena, "%s/images", r->path);
    r->logs = arena_format(arena, "%s/pds", r->path);
    r->captures = arena_format(arena, "%s/captures", r->path);
    if (mkdir(r->images, 0755) == 0 && mkdir(r->logs, 0755) == 0 && mkdir(r->captures, 0755) == 0) {
        r->captures_fd = open(r->captures, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return r->captures_fd < 0 ? cannot_set_up(r, why) : 0;
}

int rundir_write(struct rundir *r, const char *name, int (*fill)(void *context, FILE *to),
                 void *context, char why[static RUNDIR_WHY_BYTES])
{
    char part[128];
    int error = 0;

    snprintf(part, sizeof part, "%s.part", name);
    int fd = openat(r->fd, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    if (to == NULL) {
        error = -errno;
        if (fd >= 0) {
            close(fd);
        }
        goto out;
    }
    error = fill(context, to);
    if (fflush(to) != 0 && error == 0) {
        error = -errno;
    }
    if (fclose(to) != 0 && error == 0) {
        error = -errno;
    }
    if (error == 0 && renameat(r->fd, part, r->fd, name) != 0) {
        error = -errno;
    }
out:
    if (error != 0) {
        unlinkat(r->fd, part, 0);
        snprintf(why, RUNDIR_WHY_BYTES, "cannot write %s/%s: %s", r->path, name, strerror(-error));
    }
    return error;
}

void rundir_close(struct rundir *r)
{
    if (r->path != NULL && r->fd >= 0) {
        close(r->fd);
    }
    if (r->path != NULL && r->captures_fd >= 0) {
        close(r->captures_fd);
    }
    r->fd = r->captures_fd = -1;
}

/* out/latest, where it names the folder that is going away. */
static void remove_link(const struct rundir *r)
{
    char to[NAME_MAX + 1];
    ssize_t length = readlink("out/latest", to, sizeof to - 1);
    const char *leaf = strrchr(r->path, '/');

    to[length < 0 ? 0 : length] = '\0';
    if (leaf != NULL && strcmp(to, leaf + 1) == 0) {
        unlink("out/latest");
    }
}

void rundir_remove(struct rundir *r)
{
    rundir_close(r);
    if (r->path != NULL) {
        folder_remove(r->path);
        if (!r->asked) {
            remove_link(r);
        }
    }
}
