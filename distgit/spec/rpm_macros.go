// SPDX-License-Identifier: MIT

package spec

import "maps"

// RPMMacros returns the macros that rpm 4.18 itself defines on x86_64 Linux
// and that spec files lean on in their static parts: directories, groups of
// architectures, build conditionals. [Options].Macros come on top of them and
// may replace them. The map is the caller's.
func RPMMacros() map[string]string { return maps.Clone(rpmMacros) }

// DefaultMacros returns the macro set that [Bump] verifies with when the
// caller gives none: no distribution at all, and so an empty %{?dist}. The map
// is the caller's.
func DefaultMacros() map[string]string { return map[string]string{} }

var rpmMacros = map[string]string{
	"nil": "%{!?nil}",

	"defined()":       "%{expand:%%{?%{1}:1}%%{!?%{1}:0}}",
	"undefined()":     "%{expand:%%{!?%{1}:1}%%{?%{1}:0}}",
	"with()":          "%{expand:%%{?with_%{1}:1}%%{!?with_%{1}:0}}",
	"without()":       "%{expand:%%{!?with_%{1}:1}%%{?with_%{1}:0}}",
	"bcond_with()":    "%{expand:%%{?_with_%{1}:%%global with_%{1} 1}}",
	"bcond_without()": "%{expand:%%{!?_without_%{1}:%%global with_%{1} 1}}",
	"bcond()":         `%[ (%2) ? "%{bcond_without %{1}}" : "%{bcond_with %{1}}" ]`,

	"_usr": "/usr", "_usrsrc": "%{_usr}/src", "_var": "/var", "_rundir": "/run",
	"_prefix": "/usr", "_exec_prefix": "%{_prefix}", "_bindir": "%{_exec_prefix}/bin", "_sbindir": "%{_exec_prefix}/sbin",
	"_libexecdir": "%{_exec_prefix}/libexec", "_lib": "lib64", "_libdir": "%{_prefix}/lib64",
	"_datarootdir": "%{_prefix}/share", "_datadir": "/usr/share", "_includedir": "%{_prefix}/include", "_oldincludedir": "/usr/include",
	"_infodir": "%{_prefix}/share/info", "_mandir": "%{_prefix}/share/man", "_sysconfdir": "/etc",
	"_localstatedir": "/var", "_sharedstatedir": "%{_prefix}/com", "_initddir": "%{_sysconfdir}/init.d", "_initrddir": "%{_initddir}",
	"_defaultdocdir": "%{_datadir}/doc", "_defaultlicensedir": "%{_datadir}/licenses",
	"_docdir": "%{_defaultdocdir}", "_licensedir": "%{_defaultlicensedir}",
	"_tmppath": "%{_var}/tmp", "_rpmconfigdir": "/usr/lib/rpm", "_rpmmacrodir": "%{_rpmconfigdir}/macros.d",
	"_fileattrsdir": "%{_rpmconfigdir}/fileattrs",

	"_topdir": "%{getenv:HOME}/rpmbuild", "_builddir": "%{_topdir}/BUILD", "_buildrootdir": "%{_topdir}/BUILDROOT",
	"_rpmdir": "%{_topdir}/RPMS", "_sourcedir": "%{_topdir}/SOURCES", "_specdir": "%{_topdir}/SPECS", "_srcrpmdir": "%{_topdir}/SRPMS",
	"buildroot": "%{_buildrootdir}/%{NAME}-%{VERSION}-%{RELEASE}.%{_arch}",

	"_arch": "x86_64", "_os": "linux", "_target": "x86_64-linux", "_target_cpu": "x86_64", "_target_os": "linux",
	"_build_arch": "x86_64", "_build_cpu": "%{_host_cpu}", "_build_os": "%{_host_os}", "_build_vendor": "%{_host_vendor}",
	"_host_cpu": "x86_64", "_host_os": "linux", "_host_vendor": "pc", "_host": "x86_64-pc-linux-gnu", "_build": "%{_host}",
	"_target_vendor": "%{_host_vendor}", "_target_platform": "%{_target_cpu}-%{_vendor}-%{_target_os}",
	"_gnu": "-gnu", "optflags": "-O2 -g",
	"build_cflags": "%{optflags}", "build_cxxflags": "%{optflags}",

	"ix86":    "i386 i486 i586 i686 pentium3 pentium4 athlon geode",
	"alpha":   "alpha alphaev56 alphaev6 alphaev67",
	"sparc":   "sparc sparcv8 sparcv9 sparcv9v sparc64 sparc64v",
	"power64": "ppc64 ppc64p7 ppc64le",
	"arm":     "%{arm32}",
	"arm32":   "armv3l armv4b armv4l armv4tl armv5tl armv5tel armv5tejl armv6l armv6hl armv7l armv7hl armv7hnl armv8l armv8hl armv8hnl armv8hcnl",
	"arm64":   "aarch64",
	"mips":    "%{mips32} %{mips64}",
	"mips32":  "mips mipsel mipsr6 mipsr6el",
	"mips64":  "mips64 mips64el mips64r6 mips64r6el",
	"mipseb":  "mips mipsr6 mips64 mips64r6",
	"mipsel":  "mipsel mipsr6el mips64el mips64r6el",
	"riscv":   "%{riscv32} %{riscv64} %{riscv128}",
	"riscv32": "riscv32", "riscv64": "riscv64", "riscv128": "riscv128",
	"loongarch64": "loongarch64",
}

// rpmOtherMacros names what rpm 4.18 defines besides: commands, scripts, settings
// of the machine. Their values are unknown here, but not that they exist.
const rpmOtherMacros = `
__7zip ___build_args ___build_cmd ___build_post ___build_pre ___build_shell ___build_template __apply_patch __ar
__arch_install_post __as __awk __brp_compress __brp_elfperms __brp_python_bytecompile __brp_remove_la_files __brp_strip
__brp_strip_comment_note __brp_strip_static_archive __bzip2 __bzr __cat __cc __check_files __chmod __chown __cp __cpp
__cxx __debug_install_post __debuginfo_path __debuginfo_provides __desktop_path __desktop_provides __docdir_path
__elf_magic __elf_provides __elf_requires __file __find_debuginfo __find_provides __find_requires __font_magic
__font_provides __font_requires __gem __git __global_provides_exclude_from __global_requires_exclude_from __gpg
__gpg_reserved_space __gpg_sign_cmd __grep __gzip __hg __id __id_u __install __isa __isa_bits __isa_name __ld __ln_s
__lrzip __lzip __make __metainfo_path __metainfo_provides __mkdir __mkdir_p __mv __objdump __ocaml_flags __ocaml_magic
__ocaml_path __ocaml_provides __ocaml_requires __os_install_post __patch __perl_flags __perl_magic __perl_requires
__perllib_flags __perllib_magic __perllib_path __perllib_provides __perllib_requires __pkgconfig_path
__pkgconfig_provides __pkgconfig_requires __plugindir __python_path __python_provides __python_requires
__pythondist_path __pythondist_provides __pythondist_requires __quilt __rm __rpm_macro_path __rpm_macro_provides
__rpmuncompress __scm __scm_apply_bzr __scm_apply_gendiff __scm_apply_git __scm_apply_git_am __scm_apply_hg
__scm_apply_patch __scm_apply_quilt __scm_author __scm_setup_bzr __scm_setup_gendiff __scm_setup_git __scm_setup_git_am
__scm_setup_hg __scm_setup_patch __scm_setup_quilt __scm_usermail __scm_username __script_flags __script_magic
__script_requires __sed __spec_build_args __spec_build_body __spec_build_cmd __spec_build_post __spec_build_pre
__spec_build_shell __spec_build_template __spec_buildrequires_args __spec_buildrequires_body __spec_buildrequires_cmd
__spec_buildrequires_post __spec_buildrequires_pre __spec_buildrequires_shell __spec_buildrequires_template
__spec_check_args __spec_check_body __spec_check_cmd __spec_check_post __spec_check_pre __spec_check_shell
__spec_check_template __spec_clean_args __spec_clean_body __spec_clean_cmd __spec_clean_post __spec_clean_pre
__spec_clean_shell __spec_clean_template __spec_conf_args __spec_conf_body __spec_conf_cmd __spec_conf_post
__spec_conf_pre __spec_conf_shell __spec_conf_template __spec_install_args __spec_install_body __spec_install_cmd
__spec_install_post __spec_install_pre __spec_install_shell __spec_install_template __spec_prep_args __spec_prep_body
__spec_prep_cmd __spec_prep_post __spec_prep_pre __spec_prep_shell __spec_prep_template __spec_rmbuild_args
__spec_rmbuild_body __spec_rmbuild_cmd __spec_rmbuild_post __spec_rmbuild_pre __spec_rmbuild_shell
__spec_rmbuild_template __strip __tar __transaction_audit __transaction_dbus_announce __transaction_fapolicyd
__transaction_fsverity __transaction_ima __transaction_prioreset __transaction_selinux __transaction_syslog
__transaction_systemd_inhibit __unzip __urlhelper_proxyopts __urlhelpercmd __urlhelperopts __vsflags __xz __zstd
_binaries_in_noarch_packages_terminate_build _binary_filedigest_algorithm _build_alias _build_id_links _build_name_fmt
_buildshell _changelog_trimage _changelog_trimtime _color_output _configure _dbpath _dbpath_rebuild _debuginfo_template
_debugsource_template _default_patch_flags _default_patch_fuzz _disable_source_fetch _duplicate_files_terminate_build
_empty_manifest_terminate_build _fixperms _host_alias _install_langs _install_script_path
_invalid_encoding_terminates_build _keyring _keyringpath _make_output_sync _make_verbose
_missing_doc_files_terminate_build _pkgverify_flags _pkgverify_level _python_bytecompile_errors_terminate_build
_python_bytecompile_extra _query_all_fmt _query_selector_match _rpmfilename _rpmlock_path _rpmluadir _smp_build_ncpus
_smp_build_nthreads _smp_mflags _source_filedigest_algorithm _target_alias _transaction_color _unique_build_ids
_unique_debug_names _unique_debug_srcs _unpackaged_files_terminate_build _urlhelper _use_internal_dependency_generator
_vsflags_build _vsflags_erase _vsflags_install _vsflags_query _vsflags_rebuilddb _vsflags_verify
_wrong_version_format_terminate_build autopatch autosetup build_fflags clamp_mtime_to_source_date_epoch configure
debug_package find_lang make_build make_install makeinstall patches set_build_flags source_date_epoch_from_changelog
sources use_source_date_epoch_as_buildtime
`
