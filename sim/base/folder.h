/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_FOLDER_H
#define SIM_BASE_FOLDER_H
/* Folders of the host as a whole. */

/*
 * Remove a folder (or a file) and all that is in it. Links are removed and not followed, and what
 * is mounted there is left alone. What cannot be removed stays, the rest goes all the same. 0 once
 * nothing has that name any more, also if nothing had; else -errno of the first that stayed.
 */
int folder_remove(const char *path);
#endif
