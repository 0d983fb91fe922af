"""`wfctl install` and `wfctl uninstall`: the engine's own objects on a cluster."""

from __future__ import annotations

import click

from wfcontroller.cli.where import Where, cluster_options, controller_namespace_option

_part_option = click.option("--part", "parts", multiple=True, metavar="PART",
                            help="Only this part; repeatable. `--part help` lists them.")


@click.command(epilog="Example: wfctl install --image registry.example/workflow-execution:0.1.0")
@_part_option
@click.option("--image", metavar="IMAGE", help="What controller and executor run; default: the one of this version.")
@click.option("--controller-config", type=click.Path(dir_okay=False), metavar="FILE",
              help="The controller's config file; default: the one shipped.")
@click.option("--executor-config", type=click.Path(dir_okay=False), metavar="FILE",
              help="The executor's config file; default: the one shipped.")
@click.option("--dry-run", is_flag=True, help="Let the server check everything and store nothing.")
@controller_namespace_option
@cluster_options
def install(parts: tuple[str, ...], image: str | None, controller_config: str | None,
            executor_config: str | None, dry_run: bool, controller_namespace: str | None, where: Where) -> None:
    """Install or upgrade the engine: definitions, rights, the policy wf-guard, controller and executor.

    Says for each object whether it was created, configured or unchanged. It
    needs no right to patch; labels and annotations of others stay. Exit
    status: 0, 2 bad input, 3 the environment failed.
    """
    from wfcontroller.cli.connection import on_cluster
    from wfcontroller.cli.freezing import controller_namespace as own
    from wfcontroller.cli.installing import checked_configs, chosen, install_all
    from wfcontroller.cli.shipping import default_parts, shipped

    wanted = shipped(chosen(parts, default_parts()), own(controller_namespace), image=image,
                     configs=checked_configs(controller_config, executor_config))
    on_cluster(where, lambda cluster: install_all(cluster, wanted, dry_run))


@click.command(epilog="Example: wfctl uninstall --dry-run")
@_part_option
@click.option("--crds", "with_data", is_flag=True,
              help="Also remove the definitions and the namespace: every workflow, and records that wait.")
@click.option("--force", is_flag=True, help="Even if workflows are under way or records wait for the database.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@controller_namespace_option
@cluster_options
def uninstall(parts: tuple[str, ...], with_data: bool, force: bool, dry_run: bool, controller_namespace: str | None,
              where: Where) -> None:
    """Remove the engine, last things first; workflows and their definitions stay unless --crds is given.

    Refuses while workflows are under way. With --crds the workflows go first,
    because only a running controller lets go of them. Exit status: 0, 2 refused
    or bad input, 3 the environment failed.
    """
    from wfcontroller.cli.connection import on_cluster
    from wfcontroller.cli.freezing import controller_namespace as own
    from wfcontroller.cli.installing import chosen
    from wfcontroller.cli.shipping import parts as every_part
    from wfcontroller.cli.shipping import shipped
    from wfcontroller.cli.uninstalling import uninstall_all

    namespace = own(controller_namespace)
    documents = shipped(chosen(parts, every_part()), namespace)
    on_cluster(where, lambda cluster: uninstall_all(cluster, documents, namespace, with_data=with_data, force=force,
                                                    dry_run=dry_run))
