/* SPDX-License-Identifier: GPL-2.0 */
/*
 * node_folder.h - where the kernel shows nodes: a folder node%d for each.
 */
#ifndef NODE_FOLDER_H
#define NODE_FOLDER_H

#define NODES_FOLDER "/sys/devices/system/node"

#endif /* NODE_FOLDER_H */
